package service_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"causeway/modules/service"
	"causeway/platform/day"
	"causeway/platform/lang"
)

// worded is minimal with words for everything that people read.
func worded() string {
	return strings.NewReplacer(
		"born_on: date", `born_on: {type: date, not_before: today.addYears(-30), not_after: today}`,
		"chip: text", `chip: {type: text, values: {x: {en: Chip X, zh-Hant: 晶片X, zh-Hans: 芯片X}, y: {en: Chip Y, zh-Hant: 晶片Y, zh-Hans: 芯片Y}}}`,
		"purpose: verify-age", "purpose: verify-age\n    otherwise: ask",
		"  - reason: wild\n", "  - reason: wild\n    label: {en: Tame, zh-Hant: 馴服, zh-Hans: 驯服}\n",
		"Not {dog.chip}.", "{size} {dog.chip}.", "非{dog.chip}。", "{size}{dog.chip}。",
		"effects:", `steps:
  - step: look
    label: {en: Look, zh-Hant: 察看, zh-Hans: 查看}
    by: agriculture
    role: dog-officer
  - step: decide
    by: agriculture
    role: dog-officer
roles:
  dog-officer: {en: Dog officer, zh-Hant: 犬隻主任, zh-Hans: 犬只主任}
effects:`,
	).Replace(minimal)
}

// TestWords: what people read of a step, a rule, a role and a code.
func TestWords(t *testing.T) {
	t.Parallel()
	def, err := service.Parse("dog.yaml", []byte(worded()))
	if err != nil {
		t.Fatal(err)
	}
	if l := def.Steps[0].Label; l.Hant != "察看" {
		t.Errorf("step: %+v", l)
	}
	if l, ok := def.RoleLabel("dog-officer"); !ok || l.En != "Dog officer" {
		t.Errorf("role: %+v", l)
	}
	in := service.Input{Today: day.Of(2026, 11, 23), Evidence: map[string]service.Facts{
		"dog": found(record{"chip": "y", "born_on": "2020-01-01", "weight": 3, "tax": "HKD 1.00", "tame": false}),
	}, Answers: map[string]service.Answer{"size": answered("large"), "photo": {State: service.Declined}}}
	out, err := def.Evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := (lang.Text{En: "Large Chip Y.", Hant: "大晶片Y。", Hans: "大芯片Y。"}); out.Say != want {
		t.Errorf("a sentence shows codes: %+v", out.Say)
	}
	if r := out.Rules[0]; r.Label.Hans != "驯服" || r.Say != (lang.Text{}) {
		t.Errorf("rule: %+v", r)
	}
	if len(def.Shown) != 0 || len(def.Unnamed("dog.yaml", func(string) bool { return false })) != 0 {
		t.Errorf("nothing is without words: %v", def.Shown)
	}
	bare, err := service.Parse("dog.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	if out, err = bare.Evaluate(in); err != nil || out.Rules[0].Say.En != "Not y." || len(bare.Shown) != 1 || bare.Shown[0].Field != "chip" {
		t.Errorf("without a label, the officer reads what the applicant would: %+v, %v", out.Rules, err)
	}
}

func TestWordErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, old, new, want string }{
		{"a label in two languages", "{en: Look, zh-Hant: 察看, zh-Hans: 查看}", "{en: Look, zh-Hant: 察看}", "dog.yaml:42:12: label is missing in zh-Hans"},
		{"steps that read alike", "    label: {en: Look, zh-Hant: 察看, zh-Hans: 查看}\n", "  - step: again\n    by: agriculture\n    role: dog-officer\n", ""},
		{"a role nobody has", "  dog-officer: {en", "  cat-officer: {en", "no step names the role `cat-officer`"},
		{"a rule's label", "label: {en: Tame,", "label: {en: '',", "label is empty in en"},
		{"values of a date", "born_on: {type: date,", "born_on: {type: date, values: {a: {en: a, zh-Hant: a, zh-Hans: a}},", "only a text has values"},
		{"a value in two languages", "y: {en: Chip Y, zh-Hant: 晶片Y, zh-Hans: 芯片Y}", "y: {en: Chip Y, zh-Hans: 芯片Y}", "the words for a value is missing in zh-Hant"},
		{"no values", "values: {x: {en: Chip X, zh-Hant: 晶片X, zh-Hans: 芯片X}, y: {en: Chip Y, zh-Hant: 晶片Y, zh-Hans: 芯片Y}}", "values: {}", "values names 1 to"},
		{"a bound of a text", "chip: {type: text,", "chip: {type: text, not_after: today,", "only a date has a `not_after`"},
		{"a bound that looks at facts", "not_after: today", "not_after: dog.born_on", "dog.yaml:13:"},
		{"a bound that is no date", "not_after: today", "not_after: '5'", "dog.yaml:13:"},
		{"a bound that counts working days", "not_after: today", "not_after: today.addWorkingDays(1)", "dog.yaml:13:"},
		{"a field without a type", "chip: {type: text,", "chip: {", "a field has no `type`"},
		{"a claim that is computed, without a label", "claims: {chip: dog.chip}", "claims: {heavy: dog.weight * 2}", "the claim `heavy` has no label"},
		{"a bound of a choice", "    type: choice\n", "    type: choice\n    not_before: today\n", "only a date has a `not_before`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			src := worded()
			if !strings.Contains(src, test.old) {
				t.Fatal("the test changes nothing")
			}
			want := test.want
			if test.name == "steps that read alike" {
				want = "the steps `look` and `again` of agriculture need a label"
				src = strings.Replace(src, test.old, "", 1)
				src = strings.Replace(src, "  - step: decide", test.new+"  - step: decide", 1)
			} else {
				src = strings.Replace(src, test.old, test.new, 1)
			}
			_, err := service.Parse("dog.yaml", []byte(src))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		})
	}
}

// TestBounds: a typed date lies within what the definition allows on that day.
func TestBounds(t *testing.T) {
	t.Parallel()
	src := strings.Replace(worded(), "tables:", `  moves:
    label: {en: When, zh-Hant: 何時, zh-Hans: 何时}
    type: date
    not_before: today
tables:`, 1)
	def, err := service.Parse("dog.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	on := day.Of(2026, 11, 23)
	born := def.Evidence[0].Fields[1]
	for _, test := range []struct {
		typed string
		want  *service.RangeError
	}{
		{"2026-11-23", nil},
		{"2026-11-24", &service.RangeError{Limit: on, After: true, Today: true}},
		{"1996-11-23", nil},
		{"1996-11-22", &service.RangeError{Limit: day.Of(1996, 11, 23)}},
	} {
		_, err := born.Read(test.typed, on)
		got, _ := errors.AsType[*service.RangeError](err)
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want || err != nil && got == nil {
			t.Errorf("%s: %v", test.typed, err)
		}
	}
	if _, err := def.Evidence[0].Fields[0].Read("z", on); !errors.Is(err, service.ErrNotOption) {
		t.Errorf("a value without words: %v", err)
	}
	moves, _ := def.Question("moves")
	if _, err := moves.Read("2026-11-22", on); err == nil {
		t.Error("yesterday is taken")
	}
	a, err := moves.Read("2026-11-23", on)
	if err != nil {
		t.Fatal(err)
	}
	in := service.Input{Today: on, Evidence: map[string]service.Facts{
		"dog": found(record{"chip": "y", "born_on": "2020-01-01", "weight": 3, "tax": "HKD 1.00", "tame": true}),
	}, Answers: map[string]service.Answer{"size": answered("large"), "photo": {State: service.Declined}, "moves": a}}
	if out, err := def.Evaluate(in); err != nil || !out.Ready {
		t.Errorf("on the day: %v, next %v", err, out.Next)
	}
	in.Today = on.AddDays(1)
	if out, err := def.Evaluate(in); err != nil || out.Ready || len(out.Next) != 1 || out.Next[0] != "moves" {
		t.Errorf("the day after, it is asked again: %v, next %v", err, out.Next)
	}
	table, err := service.ParseCases("t.yaml", []byte(`
- {name: tomorrow, today: 2026-11-23, by_hand: {afcd.dog: {chip: x, born_on: 2026-11-24, weight: 1, tax: HKD 1.00, tame: true}}, expect: {}}
- {name: no such chip, today: 2026-11-23, by_hand: {afcd.dog: {chip: z, born_on: 2026-11-23, weight: 1, tax: HKD 1.00, tame: true}}, expect: {}}
- {name: yesterday, today: 2026-11-23, answers: {moves: 2026-11-22}, expect: {}}
- {name: today, today: 2026-11-23, by_hand: {afcd.dog: {chip: x, born_on: 2026-11-23, weight: 1, tax: HKD 1.00, tame: true}}, answers: {moves: 2026-11-23}, expect: {}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range table {
		want := []string{"born_on: service: the date is after 2026-11-23", "chip: service: not one of the options", "`moves` does not take the answer 2026-11-22", "ok "}[i]
		if line := c.Run(def, nil).Line(c); !strings.Contains(line, want) {
			t.Errorf("want %s, got %s", want, line)
		}
	}
}

// TestExampleIsAccepted: what the design's example leaves unsaid is taken from
// elsewhere: it has no labels for its steps, rules and claims.
func TestExampleIsAccepted(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/example-service.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Parse("example-service.yaml", src); err != nil {
		t.Error(err)
	}
}
