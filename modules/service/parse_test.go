package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"causeway/modules/service"
)

// minimal is a definition with one of everything, into which tests put errors.
const minimal = `service: dog-licence
version: 1
owner: agriculture
title: {en: Dog, zh-Hant: 犬, zh-Hans: 犬}
summary: {en: Dog., zh-Hant: 犬。, zh-Hans: 犬。}
assurance: low
time_zone: Asia/Hong_Kong
calendar: hk
working_week: [mon, tue]
evidence:
  dog:
    class: afcd.dog
    fields: {chip: text, born_on: date, weight: number, tax: money, tame: boolean}
    purpose: verify-age
ask:
  size:
    label: {en: Size, zh-Hant: 體型, zh-Hans: 体型}
    type: choice
    options:
      - {value: small, label: {en: Small, zh-Hant: 小, zh-Hans: 小}}
      - {value: large, label: {en: Large, zh-Hant: 大, zh-Hans: 大}}
  photo:
    label: {en: Photo, zh-Hant: 照片, zh-Hans: 照片}
    type: file
    optional: true
tables:
  bands:
    - {up_to: 10, price: HKD 5.00}
    - {up_to: 20.5, price: HKD 7.50}
let:
  until: today.addYears(1)
eligible:
  - reason: wild
    rule: dog.tame
    say: {en: "Not {dog.chip}.", zh-Hant: "非{dog.chip}。", zh-Hans: "非{dog.chip}。"}
fee:
  amount: bands.firstAtLeast("up_to", dog.weight).price
effects:
  - credential: {type: afcd.dog-licence, from: today, until: until, claims: {chip: dog.chip}}
keep: 1 year
`

func TestMinimal(t *testing.T) {
	t.Parallel()
	def, err := service.Parse("dog.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	if len(def.Steps) != 1 || def.Steps[0].Name != service.Decide || def.Steps[0].By != "agriculture" {
		t.Errorf("without steps: %+v", def.Steps)
	}
	if def.Evidence[0].Otherwise != service.OtherwiseStop || def.Evidence[0].Many != service.ManyStop {
		t.Errorf("evidence: %+v", def.Evidence[0])
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, old, new, want string }{
		{"unknown key", "assurance: low", "assurances: low", "dog.yaml:6:1: a definition has no `assurances`"},
		{"missing key", "assurance: low\n", "", "dog.yaml:1:1: a definition has no `assurance`"},
		{"duplicate key", "version: 1", "version: 1\nversion: 2", "dog.yaml:3:1: `version` is said twice"},
		{"version", "version: 1", "version: 1.5", "dog.yaml:2:10: version is a whole number"},
		{"slug", "owner: agriculture", "owner: Agri Culture", "dog.yaml:3:8: owner is written as in"},
		{"language missing", "title: {en: Dog, zh-Hant: 犬, zh-Hans: 犬}", "title: {en: Dog, zh-Hant: 犬}", "dog.yaml:4:8: title is missing in zh-Hans"},
		{"language empty", "zh-Hans: 犬。}", "zh-Hans: ''}", "dog.yaml:5:43: summary is empty in zh-Hans"},
		{"another language", "{en: Dog.,", "{fr: Chien, en: Dog.,", "dog.yaml:5:11: summary has no `fr`"},
		{"values in a title", "{en: Dog,", `{en: "A {dog}",`, "dog.yaml:4:16: title takes no values in {}"},
		{"assurance", "assurance: low", "assurance: lowest", "dog.yaml:6:12: assurance is one of low, substantial, high"},
		{"zone", "Asia/Hong_Kong", "Asia/Kong", "dog.yaml:7:12: there is no time zone `Asia/Kong`"},
		{"week", "[mon, tue]", "[mon, tuesday]", "dog.yaml:9:21: a day of the working_week is one of"},
		{"week without calendar", "calendar: hk\n", "", "a working_week needs a calendar"},
		{"keep", "keep: 1 year", "keep: forever", "dog.yaml:40:7: keep: want a period"},
		{"class", "afcd.dog\n", "dog\n", "dog.yaml:12:12: class is written as in"},
		{"field type", "weight: number", "weight: float", "dog.yaml:13:49: the type of a field is one of"},
		{"type of a question", "type: choice", "type: menu", "dog.yaml:18:11: type is one of"},
		{"option twice", "value: large", "value: small", "dog.yaml:21:17: the option `small` is named twice"},
		{"one option", "      - {value: large, label: {en: Large, zh-Hant: 大, zh-Hans: 大}}\n", "", "a choice has 2 to"},
		{"default", "type: choice", "type: choice\n    default: medium", "dog.yaml:19:14: default is one of the options"},
		{"name taken", "  photo:", "  dog:", "dog.yaml:22:3: the name `dog` is taken"},
		{"name of a function", "  photo:", "  latest:", "dog.yaml:22:3: the name `latest` is taken"},
		{"column missing", ", price: HKD 7.50", "", "dog.yaml:29:7: the row has no `price`"},
		{"column more", "price: HKD 7.50", "price: HKD 7.50, colour: red", "dog.yaml:29:7: the first row has no `colour`"},
		{"column type", "price: HKD 7.50", "price: cheap", "dog.yaml:29:7: `price` is text in this row, but money in the first"},
		{"rows out of order", "up_to: 20.5", "up_to: 9", "dog.yaml:37:30: the column `up_to` must rise"},
		{"reserved let", "  until: ", "  fee: ", "dog.yaml:31:3: the name `fee` is taken: tables"},
		{"let of a let below", "  until: today.addYears(1)", "  a: until\n  until: today.addYears(1)", "dog.yaml:31:6: `until` is not known here"},
		{"expression", "rule: dog.tame", "rule: dog.tame && ", "a value is wanted instead of the end"},
		{"unknown evidence", "rule: dog.tame", "rule: cat.tame", "dog.yaml:34:11: `cat` is not known here"},
		{"unknown field", "rule: dog.tame", "rule: dog.tamed", "dog.yaml:34:15: `dog` has no field `tamed`: known are born_on, chip, tame, tax, weight"},
		{"type of a rule", "rule: dog.tame", "rule: dog.chip", "dog.yaml:34:11: this is text, but a yes-or-no value is wanted"},
		{"operator", "rule: dog.tame", `rule: dog.weight > "10"`, "dog.yaml:34:22: `>` does not go with a number and text"},
		{"dates", "rule: dog.tame", `rule: today - dog.born_on > 3`, "dog.yaml:34:17: `-` does not go with a date and a date: write a.daysUntil(b)"},
		{"quoted", "rule: dog.tame", `rule: "dog.tame == 3"`, "dog.yaml:34:21: `==` does not go with"},
		{"block", "rule: dog.tame", "rule: |\n      dog.tame &&\n        dog.chip == 3", "dog.yaml:36:18: `==` does not go with text and a number"},
		{"file as a value", "rule: dog.tame", "rule: photo", "dog.yaml:34:11: `photo` is a file: ask given(\"photo\")"},
		{"unguarded", "type: choice", "type: choice\n    optional: true", ""},
		{"unknown mark", "rule: dog.tame", `rule: given("foto")`, "dog.yaml:34:17: there is no question `foto` here: known are photo, size"},
		{"placeholder", "Not {dog.chip}.", "Not {dog.chips}.", "dog.yaml:35:25: `dog` has no field `chips`"},
		{"placeholder left out", "非{dog.chip}。\", zh-Hans", "非。\", zh-Hans", "leaves out {dog.chip}"},
		{"brace", "Not {dog.chip}.", "Not {dog.chip.", "dog.yaml:35:20: say has a single brace"},
		{"reason twice", "fee:", "  - {reason: wild, rule: dog.tame, say: {en: a, zh-Hant: a, zh-Hans: a}}\nfee:", "dog.yaml:36:14: the reason `wild` is given twice"},
		{"unrounded claim", "{chip: dog.chip}", "{chip: dog.tax * 3}", "an unrounded amount, but"},
		{"type of a fee", "amount: bands", "amount: dog.weight # bands", "dog.yaml:37:11: this is a number, but an amount of money or an unrounded amount is wanted"},
		{"last step", "keep:", "steps:\n  - {step: look, by: a, role: b}\nkeep:", "the last step is called decide"},
		{"step without role", "keep:", "steps:\n  - {step: decide, by: a}\nkeep:", "dog.yaml:41:5: a step has no `role`"},
		{"when that looks ahead", "type: choice", "type: choice\n    when: given(\"photo\")", "dog.yaml:19:11: when of `size` needs the answer to `photo`"},
		{"when of itself", "optional: true", "when: given(\"photo\")", "when of `photo` needs the answer to `photo`"},
		{"alias", "version: 1", "version: &v 1", "dog.yaml:2:10: anchors (&v) are not used here"},
		{"tag", "version: 1", "version: !!str 1", "dog.yaml:2:10: tags (!!str) are not used here"},
		{"yaml", "version: 1", "version: [1", "this is not YAML"},
		{"second document", "version: 1", "version: 1\n---\na: b", "second document"},
		{"no mapping", "  - reason: wild\n    rule: dog.tame\n", "    reason: wild\n    rule: dog.tame\n", "eligible is a list"},
		{"null", "version: 1", "version:", "version is a single value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(minimal, test.old, test.new, 1)
			if src == minimal {
				t.Fatal("the test changes nothing")
			}
			_, err := service.Parse("dog.yaml", []byte(src))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	optional := strings.Replace(minimal, "type: choice", "type: choice\n    optional: true", 1)
	for rule, want := range map[string]string{
		`size == "small"`:                                           "`size` may not be answered",
		`given("size") && size == "small"`:                          "",
		`size == "small" && given("size")`:                          "`size` may not be answered",
		`!given("size") || size == "small"`:                         "",
		`given("size") || size == "small"`:                          "`size` may not be answered",
		`given("size") ? size == "small" : dog.tame`:                "",
		`!given("size") ? dog.tame : size == "small"`:               "",
		`given("size") ? dog.tame : size == "small"`:                "`size` may not be answered",
		`(given("size") && dog.tame) && size in ["small", "large"]`: "",
		`!(given("size") && dog.tame) || size == "small"`:           "",
		`!(given("size") || dog.tame) || size == "small"`:           "`size` may not be answered",
	} {
		src := strings.Replace(optional, "rule: dog.tame", "rule: '"+rule+"'", 1)
		_, err := service.Parse("dog.yaml", []byte(src))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", rule, err, want)
		}
	}
}

func TestNotYet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ old, new, word string }{
		{"keep:", "for: [organisation]\nkeep:", "organisation"},
		{"keep:", "for: [person, organisation]\nkeep:", "organisation"},
		{"keep:", "channels: [online, assisted]\nkeep:", "assisted"},
		{"keep:", "channels: [counter]\nkeep:", "counter"},
		{"keep:", "mandate: parent\nkeep:", "mandate"},
		{"keep:", "review: 14 days\nkeep:", "review"},
		{"type: choice", "type: address", "address"},
		{"type: choice", "type: choices", "choices"},
		{"type: choice", "type: declaration", "declaration"},
		{"type: choice", "type: money", "money"},
		{"type: choice", "type: choice\n    repeat: 3", "repeat"},
		{"type: choice", "type: choice\n    check: true", "check"},
		{"purpose: verify-age", "purpose: verify-age\n    otherwise: paper", "paper"},
		{"purpose: verify-age", "purpose: verify-age\n    otherwise: counter", "counter"},
		{"purpose: verify-age", "purpose: verify-age\n    many: all", "all"},
		{"purpose: verify-age", "purpose: verify-age\n    contradicts: size", "contradicts"},
		{"fee:", "fee:\n  deposit: HKD 5.00", "deposit"},
		{"fee:", "fee:\n  refund: HKD 5.00", "refund"},
		{"effects:", "effects:\n  - letter: {to: dog}", "letter"},
		{"effects:", "effects:\n  - appointment: {at: dog}", "appointment"},
		{"effects:", "effects:\n  - payment: {amount: dog}", "payment"},
		{"keep:", "steps:\n  - {step: decide, by: a, role: b, beside: look}\nkeep:", "beside"},
		{"keep:", "tell:\n  approved: {en: a}\nkeep:", "approved"},
	} {
		src := strings.Replace(minimal, test.old, test.new, 1)
		_, err := service.Parse("dog.yaml", []byte(src))
		if err == nil || !strings.Contains(err.Error(), "`"+test.word+"` is part of the language, but not yet") {
			t.Errorf("%s: %v", test.word, err)
		}
	}
}

func TestManyErrorsAtOnce(t *testing.T) {
	t.Parallel()
	src := strings.NewReplacer("assurance: low", "assurance: none", "rule: dog.tame", "rule: cat", "keep: 1 year", "keep: 1").Replace(minimal)
	_, err := service.Parse("dog.yaml", []byte(src))
	errs, ok := errors.AsType[service.Errors](err)
	if !ok || len(errs) != 3 || errs[0].Line != 6 || errs[1].Line != 34 || errs[2].Line != 40 {
		t.Errorf("got %v", err)
	}
}

// TestMoreErrorsThanAreKept checks that what follows the last error that is kept
// is read as carefully as what went before.
func TestMoreErrorsThanAreKept(t *testing.T) {
	t.Parallel()
	src := strings.Replace(minimal, "version: 1", "version: 1\n"+strings.Repeat("wrong: 1\n", 60), 1)
	src = strings.NewReplacer("zh-Hans:", "fr:", "rule: dog.tame", "rule: cat").Replace(src)
	_, err := service.Parse("dog.yaml", []byte(src))
	errs, ok := errors.AsType[service.Errors](err)
	if !ok || len(errs) != 50 {
		t.Errorf("%d errors: %v", len(errs), err)
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"empty":      "",
		"null":       "null",
		"binary":     "\x00\x01\xff",
		"latin":      "title: \xe9",
		"huge":       strings.Repeat("a", 1<<20),
		"keys":       strings.Repeat("a: b\n", 30_000),
		"brackets":   strings.Repeat("[", 100_000),
		"braces":     strings.Repeat("{a: ", 50_000),
		"dashes":     strings.Repeat("- ", 100_000),
		"questions":  strings.Repeat("? ", 100_000),
		"indents":    indents(2000),
		"bomb":       "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n",
		"self":       "a: &a [*a]",
		"merge":      "<<: {service: x}",
		"tabs":       "\ta: b",
		"expression": strings.Replace(minimal, "rule: dog.tame", "rule: "+strings.Repeat("(", 1500), 1),
		"nots":       strings.Replace(minimal, "rule: dog.tame", "rule: '"+strings.Repeat("!", 1500)+"dog.tame'", 1),
		"points":     strings.Replace(minimal, "rule: dog.tame", "rule: dog"+strings.Repeat(".a", 800), 1),
		"conditions": strings.Replace(minimal, "rule: dog.tame", "rule: '"+strings.Repeat("dog.tame ? true : ", 100)+" true'", 1),
		"digits":     strings.Replace(minimal, "rule: dog.tame", "rule: dog.weight > "+strings.Repeat("9", 500), 1),
		"comments":   strings.Repeat("#\n", 100_000),
		"quotes":     `"` + strings.Repeat(`\"`, 100_000),
	} {
		start := time.Now()
		_, err := service.Parse("x.yaml", []byte(src))
		if err == nil || len(err.Error()) > 20_000 {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func indents(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i%300) + "a:\n")
	}
	return b.String()
}
