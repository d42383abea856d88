package service_test

import (
	"errors"
	"strings"
	"testing"

	"causeway/modules/service"
)

// run runs a table with one case, of which rest follows the name.
func run(t *testing.T, id, rest string) string {
	t.Helper()
	cases, err := service.ParseCases("t.yaml", []byte("- name: a case\n  "+strings.ReplaceAll(strings.TrimSpace(rest), "\n", "\n  ")))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(cases[0].Run(definition(t, id), holidays(t)).Failures, "; ")
}

func TestCases(t *testing.T) {
	t.Parallel()
	const (
		young = "today: 2026-11-23\nevidence:\n  immd.identity: {born_on: 1984-05-02}\n  td.driving-licence: {expires_on: 2026-12-20, disqualified: false}\n"
		old   = "today: 2026-11-23\nevidence:\n  immd.identity: {born_on: 1950-05-02}\n  td.driving-licence: {expires_on: 2026-12-20, disqualified: false}\n"
	)
	for _, test := range []struct{ name, rest, want string }{
		{"passes", young + "expect: {eligible: true, fee: HKD 900, decision: automatic, asked: []}", ""},
		{"nothing expected", young + "expect: {}", ""},
		{"nothing expected at all", young, "a case has no `expect`"},
		{"no today", "expect: {eligible: true}", "a case has no `today`"},
		{"unknown key", young + "expects: {}", "a case has no `expects`"},
		{"unknown class", "today: 2026-11-23\nevidence: {td.licence: none}\nexpect: {}", "no evidence of class `td.licence`"},
		{"evidence by its name", "today: 2026-11-23\nevidence: {who: none}\nexpect: {}", "no evidence of class `who`"},
		{"unknown field", "today: 2026-11-23\nevidence: {immd.identity: {born: 1950-05-02}}\nexpect: {}", "has no field `born`"},
		{"bad date", "today: 2026-11-23\nevidence: {immd.identity: {born_on: 1950-02-30}}\nexpect: {}", "want a date"},
		{"bad boolean", "today: 2026-11-23\nevidence: {td.driving-licence: {disqualified: no}}\nexpect: {}", "want true or false"},
		{"unknown answer", young + "answers: {month: 1}\nexpect: {}", "no question `month`"},
		{"bad answer", old + "answers: {years: 2}\nexpect: {}", "does not take the answer 2"},
		{"bad file", old + "answers: {medical_report: maybe}\nexpect: {}", "true stands for an uploaded one"},
		{"unknown expectation", young + "expect: {eligble: true}", "expect has no `eligble`"},
		{"unknown reason", young + "expect: {reason: too-lat}", "no rule of the service has the reason"},
		{"unknown decision", young + "expect: {decision: computer}", "automatic or officer"},
		{"unknown question asked", young + "expect: {asked: [month]}", "no question `month`"},
		{"bad fee", young + "expect: {fee: 900}", "fee is an amount"},
		{"bad let", young + "expect: {from: soon}", "from: want a date"},
		{"twice", young + "expect: {eligible: true, eligible: false}", "said twice"},

		{"not eligible", young + "expect: {eligible: false}", "eligible: want false, got true"},
		{"eligible", "today: 2026-01-01\n" + young[18:] + "expect: {eligible: true}", "eligible: want true, got false (too-early)"},
		{"reason", "today: 2026-01-01\n" + young[18:] + "expect: {reason: too-late}", "reason: want too-late, got too-early"},
		{"fee", young + "expect: {fee: HKD 899.99}", "fee: want HKD 899.99, got HKD 900.00"},
		{"currency", young + "expect: {fee: USD 900.00}", "fee: want USD 900.00"},
		{"let", young + "expect: {until: 2036-12-21}", "until: want 2036-12-21, got 2036-12-20"},
		{"decision", young + "expect: {decision: officer}", "decision: want officer, got automatic"},
		{"decision of nothing", "today: 2026-01-01\n" + young[18:] + "expect: {decision: officer}", "decision: want officer, got none (too-early)"},
		{"let although not eligible", "today: 2026-01-01\n" + young[18:] + "expect: {from: 2026-12-21}", ""},

		{"unanswered is declined", old + "expect: {eligible: false, reason: medical-report-missing, asked: [medical_report]}", ""},
		{"asked until then", "today: 2026-01-01\n" + old[18:] + "expect: {reason: too-early, asked: []}", ""},
		{"asked in any order", old + "answers: {medical_report: true}\nexpect: {eligible: true, asked: [years, medical_report], fee: HKD 270.00}", ""},
		{"asked", old + "answers: {medical_report: true}\nexpect: {asked: [medical_report]}", "asked: want [medical_report], got [medical_report years]"},
		{"declined in so many words", old + "answers: {medical_report: false}\nexpect: {reason: medical-report-missing}", ""},
		{"null is no answer", old + "answers: {medical_report: ~}\nexpect: {reason: medical-report-missing}", ""},
		{"an answer that nobody asks for", young + "answers: {years: 1, medical_report: true}\nexpect: {decision: automatic, asked: [], until: 2036-12-20}", ""},
		{"a file goes to an officer", old + "answers: {medical_report: true, years: 1}\nexpect: {decision: officer, fee: HKD 90.00}", ""},

		{"no record", "today: 2026-11-23\nevidence: {immd.identity: {born_on: 1984-05-02}, td.driving-licence: none}\nexpect: {eligible: false}", ""},
		{"no record is not eligible", "today: 2026-11-23\nevidence: {immd.identity: {born_on: 1984-05-02}, td.driving-licence: none}\nexpect: {eligible: true}", "waits for licence"},
		{"no record has no reason", "today: 2026-11-23\nevidence: {td.driving-licence: none}\nexpect: {reason: too-late}", "got none"},
		{"down", "today: 2026-11-23\nevidence: {td.driving-licence: unavailable}\nexpect: {eligible: false, decision: officer}", "decision: want officer, got none"},
		{"several", "today: 2026-11-23\nevidence: {td.driving-licence: [{expires_on: 2026-12-20}, {expires_on: 2026-12-21}]}\nexpect: {eligible: false}", ""},
		{"a list of one", young[:67] + "  td.driving-licence: [{expires_on: 2026-12-20, disqualified: false}]\nexpect: {eligible: true}", ""},
		{"an empty list", "today: 2026-11-23\nevidence: {td.driving-licence: []}\nexpect: {eligible: false}", ""},
		{"chosen", young[:67] + "  td.driving-licence: [{expires_on: 2020-12-20, disqualified: false}, {expires_on: 2026-12-20, disqualified: false}]\nchoose: {td.driving-licence: 2}\nexpect: {eligible: true, decision: automatic}", ""},
		{"forgotten evidence", "today: 2026-11-23\nevidence: {immd.identity: {born_on: 1984-05-02}}\nexpect: {eligible: true}", "waits for licence"},
		{"a record without a field", "today: 2026-11-23\nevidence: {td.driving-licence: {expires_on: 2026-12-20}}\nexpect: {eligible: false}", ""},
		{"refused before what is missing", "today: 2026-11-23\nevidence: {immd.identity: none, td.driving-licence: {expires_on: 2020-12-20, disqualified: false}}\nexpect: {reason: too-late}", ""},

		{"by hand", "today: 2026-11-23\nevidence: {immd.identity: none, td.driving-licence: {expires_on: 2026-12-20, disqualified: false}}\nby_hand: {immd.identity: {born_on: 1984-05-02}}\nexpect: {eligible: true, decision: officer, fee: HKD 900.00}", ""},
		{"by hand alone", "today: 2026-11-23\nby_hand: {immd.identity: {born_on: 1984-05-02}, td.driving-licence: {expires_on: 2026-12-20, disqualified: false}}\nexpect: {eligible: true, decision: officer}", ""},
		{"one field by hand", "today: 2026-11-23\nevidence: {immd.identity: {born_on: 1984-05-02}, td.driving-licence: {expires_on: 2026-12-20}}\nby_hand: {td.driving-licence: {disqualified: false}}\nexpect: {eligible: true, decision: officer}", ""},
		{"typed over", young + "by_hand: {immd.identity: {born_on: 1990-01-01}}\nexpect: {}", "cannot be typed over"},
		{"by hand of an unknown class", young + "by_hand: {immd.person: {born_on: 1990-01-01}}\nexpect: {}", "no evidence of class `immd.person`"},
		{"a scalar for a record", "today: 2026-11-23\nevidence: {immd.identity: nome}\nexpect: {}", "is a record, a list of records, none or unavailable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, "driving-licence-renewal", test.rest)
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCasesOfRates(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string]string{
		"today: 2026-11-23\nevidence: {rvd.tenement: unavailable}\nby_hand: {rvd.tenement: {rateable_value: HKD 1.00}}\nexpect: {}":                          "cannot be typed by hand",
		"today: 2026-11-23\nevidence: {rvd.tenement: {rateable_value: 120000}}\nexpect: {}":                                                                  "want a currency and an amount",
		"today: 2026-11-23\nevidence: {rvd.tenement: none}\nexpect: {fee: HKD 0.00}":                                                                         "fee: want HKD 0.00, got none",
		"today: 2025-01-20\nevidence: {rvd.tenement: {rateable_value: HKD 1.00, quarter_starts_on: 2025-01-01}}\nexpect: {}":                                 "the calendar does not have this year",
		"today: 2026-11-23\nevidence: {rvd.tenement: {rateable_value: USD 400.00, quarter_starts_on: 2026-10-01}}\nexpect: {rates: USD 5.00, fee: USD 8.40}": "",
		"today: 2026-11-23\nevidence: {rvd.tenement: {rateable_value: HKD 1.00, quarter_starts_on: 2026-10-01}}\nexpect: {reason: too-late}":                 "no rule of the service",
	} {
		if got := run(t, "rates-demand", rest); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s\ngot %q, want %q", rest, got, want)
		}
	}
}

func TestUnusableTables(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"", "a: b", "[]", "- [", "- &a {name: x}\n- *a", strings.Repeat("- {name: a}\n", 3000), "\xff"} {
		if _, err := service.ParseCases("t.yaml", []byte(src)); !errors.Is(err, service.ErrCases) {
			t.Errorf("%.20q: %v", src, err)
		}
	}
	cases, err := service.ParseCases("t.yaml", []byte("- 3\n- name: \"two\\nlines\"\n"))
	if err != nil || len(cases) != 2 {
		t.Fatal(err)
	}
	for _, c := range cases {
		r := c.Run(definition(t, "rates-demand"), nil)
		if r.Passed() || strings.Contains(r.Line(c), "\n") {
			t.Errorf("%s: %v", c.Name, r)
		}
	}
}
