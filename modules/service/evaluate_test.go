package service_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// parking is an application that is decided without an officer.
func parking(t testing.TB) service.Input {
	return service.Input{
		Today: date(t, "2026-11-23"),
		Evidence: map[string]service.Facts{
			"home": found(record{"street": "1 Harbour Road", "district": "Eastern", "moved_in_on": "2020-05-01"}),
			"car":  found(record{"plate": "AB 1234", "length_mm": json.Number("4700"), "fuel": "petrol", "licence_ends_on": "2027-06-30"}),
		},
		Answers: map[string]service.Answer{"months": answered("3")},
	}
}

func evaluate(t testing.TB, def *service.Definition, in service.Input) service.Outcome {
	t.Helper()
	out, err := def.Evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	def := definition(t, "resident-parking-permit")
	out := evaluate(t, def, parking(t))
	if out.Status != service.Eligible || !out.Ready || !out.Automatic || out.Fee.Amount.String() != "HKD 540.00" || out.Fee.Payee != "district-transport" {
		t.Errorf("got %+v", out)
	}
	if diff := cmp.Diff([]string{"decide"}, out.Steps); diff != "" {
		t.Error(diff)
	}
	if len(out.Effects) != 2 {
		t.Fatalf("effects: %+v", out.Effects)
	}
	c, w := out.Effects[0], out.Effects[1]
	if c.Kind != service.Credential || c.Type != "district.parking-permit" || c.From.String() != "2026-11-23" || c.Until.String() != "2027-02-22" || c.Title.En != "Resident parking permit" {
		t.Errorf("credential: %+v", c)
	}
	if diff := cmp.Diff(record{"plate": "AB 1234", "district": "Eastern"}, c.Record()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(record{"plate": "AB 1234", "until": "2027-02-22"}, w.Record()); diff != "" || w.Kind != service.Write {
		t.Error(diff)
	}
	if r := out.Reminder; r.On.String() != "2027-02-08" || r.Say.Hant != "你的泊車許可證將於2027年2月22日屆滿。" || r.Say.En != "Your parking permit ends on 22 February 2027." {
		t.Errorf("reminder: %+v", r)
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	def := definition(t, "resident-parking-permit")
	in := parking(t)
	in.Evidence["car"].Record["licence_ends_on"] = "2026-11-01"
	out := evaluate(t, def, in)
	want := lang.Text{
		En:   "The licence of AB 1234 ended on 1 November 2026. Renew it first, then apply again.",
		Hant: "AB 1234 的車輛牌照已於2026年11月1日屆滿。請先續領牌照，然後再次申請。",
		Hans: "AB 1234 的车辆牌照已于2026年11月1日期满。请先续领牌照，然后再次申请。",
	}
	if diff := cmp.Diff(want, out.Say); diff != "" || out.Reason != "licence-ended" || out.Instead != "vehicle-licence-renewal" {
		t.Error(diff, out.Reason, out.Instead)
	}
	if out.Fee != nil || out.Ready || out.Automatic || len(out.Effects) > 0 {
		t.Errorf("an ineligible case leads to nothing: %+v", out)
	}
	delete(in.Evidence["car"].Record, "plate")
	if out := evaluate(t, def, in); !strings.HasPrefix(out.Say.En, "The licence of – ended") {
		t.Errorf("a fact that the registry left out: %s", out.Say.En)
	}
}

// TestOrder checks that what is not there yet stops the rules, whatever those
// below would say.
func TestOrder(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	today := date(t, "2026-11-23")
	in := licence(today, date(t, "1950-01-01"), date(t, "2020-01-01")) // too late, and without a report
	delete(in.Evidence["licence"].Record, "disqualified")
	out := evaluate(t, def, in)
	if out.Status != service.Waiting || !slices.Equal(out.Waits, []string{"licence"}) || len(out.Rules) != 1 || out.Rules[0].State != service.RuleWaiting {
		t.Errorf("without the first fact: %+v", out)
	}
	in.Evidence["licence"].Record["disqualified"] = false
	in.Evidence["who"] = service.Facts{State: service.Unavailable}
	out = evaluate(t, def, in)
	if out.Status != service.Ineligible || out.Reason != "too-late" {
		t.Errorf("a rule that fails needs no fact of those below: %+v", out)
	}
	in.Evidence["licence"].Record["expires_on"] = "2026-11-01"
	out = evaluate(t, def, in)
	if out.Status != service.Waiting || !slices.Equal(out.Waits, []string{"who"}) || !slices.Equal(out.Missing, []string{"who"}) {
		t.Errorf("the fourth rule waits for the identity: %+v", out)
	}
	in.Evidence["who"] = found(record{"born_on": "1950-01-01"})
	out = evaluate(t, def, in)
	if out.Status != service.Waiting || !slices.Equal(out.Waits, []string{"medical_report"}) || !slices.Equal(out.Next, []string{"medical_report", "years"}) {
		t.Errorf("the rule waits for the question: %+v", out)
	}
	in.Answers["medical_report"] = service.Answer{State: service.Declined}
	if out = evaluate(t, def, in); out.Reason != "medical-report-missing" {
		t.Errorf("declined: %+v", out)
	}
	in.Answers["medical_report"] = answered("upload")
	out = evaluate(t, def, in)
	if out.Status != service.Eligible || out.Ready || !slices.Equal(out.Next, []string{"years"}) || out.Fee != nil {
		t.Errorf("years are not asked yet: %+v", out)
	}
	in.Answers["years"] = service.Answer{State: service.Declined}
	out = evaluate(t, def, in)
	if !out.Ready || out.Automatic || out.Fee.Amount.String() != "HKD 270.00" || !slices.Equal(out.Files, []string{"medical_report"}) {
		t.Errorf("the default is three years, and an officer looks at the file: %+v", out)
	}
}

func TestUnaskedAnswers(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	in := licence(date(t, "2026-11-23"), date(t, "1984-05-02"), date(t, "2026-12-20"))
	in.Answers["medical_report"], in.Answers["years"] = answered("upload"), answered("1")
	out := evaluate(t, def, in)
	if !out.Automatic || len(out.Asked) > 0 || len(out.Files) > 0 || out.Lets["until"].String() != "2036-12-20" {
		t.Errorf("answers to questions that are not asked count for nothing: %+v", out)
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	for _, name := range []string{"who", "licence"} {
		in := licence(date(t, "2026-11-23"), date(t, "1984-05-02"), date(t, "2026-12-20"))
		facts := in.Evidence[name]
		facts.State = service.ByHand
		in.Evidence[name] = facts
		out := evaluate(t, def, in)
		if out.Status != service.Eligible || out.Automatic || !slices.Equal(out.ByHand, []string{name}) {
			t.Errorf("%s by hand: %+v", name, out)
		}
	}
	in := parking(t)
	home := in.Evidence["home"]
	home.State = service.ByHand
	in.Evidence["home"] = home
	out := evaluate(t, definition(t, "resident-parking-permit"), in)
	if !slices.Equal(out.Steps, []string{"residence", "decide"}) || out.Automatic {
		t.Errorf("two departments: %+v", out)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	def := definition(t, "resident-parking-permit")
	for name, test := range map[string]struct {
		change func(in *service.Input)
		want   error
	}{
		"date":           {func(in *service.Input) { in.Evidence["car"].Record["licence_ends_on"] = "soon" }, service.ErrFact},
		"number as text": {func(in *service.Input) { in.Evidence["car"].Record["length_mm"] = "4700" }, service.ErrFact},
		"list":           {func(in *service.Input) { in.Evidence["car"].Record["plate"] = []any{"a"} }, service.ErrFact},
		"option":         {func(in *service.Input) { in.Answers["months"] = answered("4") }, service.ErrAnswer},
		"object":         {func(in *service.Input) { in.Answers["months"] = answered(record{}) }, service.ErrAnswer},
		"evidence":       {func(in *service.Input) { in.Evidence["boat"] = found(record{}) }, service.ErrName},
		"question":       {func(in *service.Input) { in.Answers["weeks"] = answered("4") }, service.ErrName},
		"swapped":        {func(in *service.Input) { in.Answers["car"] = answered("4") }, service.ErrName},
		"too long ago":   {func(in *service.Input) { in.Evidence["car"].Record["licence_ends_on"] = "0001-01-02" }, nil},
		"null":           {func(in *service.Input) { in.Evidence["car"].Record["fuel"] = nil }, nil},
		"more":           {func(in *service.Input) { in.Evidence["car"].Record["colour"] = 3 }, nil},
	} {
		in := parking(t)
		test.change(&in)
		_, err := def.Evaluate(in)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "4700") {
			t.Errorf("%s: the error says the fact: %v", name, err)
		}
	}
}

func TestCalendarMustReach(t *testing.T) {
	t.Parallel()
	def := definition(t, "rates-demand")
	in := service.Input{Today: date(t, "2026-10-20"), Evidence: map[string]service.Facts{
		"tenement": found(record{"rateable_value": "HKD 1.00", "quarter_starts_on": "2028-01-01"}),
	}}
	if _, err := def.Evaluate(in); !errors.Is(err, service.ErrRule) || !errors.Is(err, service.ErrNoCalendar) {
		t.Errorf("no calendar: %v", err)
	}
	in.Calendar = holidays(t)
	if _, err := def.Evaluate(in); !errors.Is(err, service.ErrRule) || !errors.Is(err, service.ErrNoYear) {
		t.Errorf("a year that the calendar lacks: %v", err)
	}
}

func TestOneDefinitionManyGoroutines(t *testing.T) {
	t.Parallel()
	def := definition(t, "driving-licence-renewal")
	today := date(t, "2026-11-23")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				in := licence(today, today.AddYears(-40).AddDays(i*50+j), today.AddDays(j))
				out, err := def.Evaluate(in)
				if err != nil || out.Lets["from"].Date() != today.AddDays(j+1) {
					t.Errorf("got %v, %v", out.Lets["from"], err)
				}
			}
		})
	}
	wg.Wait()
}

func TestRead(t *testing.T) {
	t.Parallel()
	months, _ := definition(t, "resident-parking-permit").Question("months")
	years, _ := definition(t, "driving-licence-renewal").Question("years")
	for _, test := range []struct {
		q     service.Question
		typed string
		want  service.Answer
		err   error
	}{
		{months, " 3 ", answered("3"), nil},
		{months, "4", service.Answer{}, service.ErrNotOption},
		{months, "", service.Answer{}, service.ErrEmpty},
		{years, "", service.Answer{State: service.Declined}, nil},
	} {
		got, err := test.q.Read(test.typed, day.Date{})
		if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, test.err) {
			t.Errorf("%q: %v %v", test.typed, diff, err)
		}
	}
	car, _ := definition(t, "resident-parking-permit").EvidenceNamed("car")
	for i, test := range []struct {
		typed string
		want  any
		err   error
	}{
		{" AB 1234", "AB 1234", nil},
		{"4700.50", json.Number("4700.5"), nil},
		{"", nil, service.ErrEmpty},
		{"2026-02-29", nil, service.ErrNotDate},
	} {
		got, err := car.Fields[i].Read(test.typed, day.Date{})
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q: %v %v", test.typed, got, err)
		}
	}
	for typed, want := range map[string]error{"x\x00": service.ErrNotValue, "\xff": service.ErrNotValue, strings.Repeat("x", 501): service.ErrTooLong} {
		if _, err := car.Fields[0].Read(typed, day.Date{}); !errors.Is(err, want) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	def := definition(b, "driving-licence-renewal")
	in := licence(date(b, "2026-11-23"), date(b, "1962-01-08"), date(b, "2026-11-22"))
	in.Evidence["who"].Record["name"] = "Chan Tai Man"
	in.Evidence["licence"].Record["licence_number"] = "DL0000001"
	in.Evidence["licence"].Record["classes"] = "1, 2"
	b.ReportAllocs()
	for b.Loop() {
		if out, err := def.Evaluate(in); err != nil || !out.Ready {
			b.Fatal(out, err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	src := read(b, "driving-licence-renewal.yaml")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.Parse("x", src); err != nil {
			b.Fatal(err)
		}
	}
}
