package view_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"causeway/platform/lang"
	"causeway/platform/view"
	"causeway/platform/view/viewtest"
)

// markups are calls of our components that must render what govuk-frontend
// renders for the fixture of that name.
func markups() map[string]string {
	const (
		ni   = `"hint" "It’s on your National Insurance card, benefit letter, payslip or P60. For example, ‘QQ 12 34 56 C’."`
		self = `"You’ll have a user ID if you’ve registered for Self Assessment or filed a tax return online before."`
		bank = `"You’ll have an account if you’ve already proved your identity with either Barclays, CitizenSafe, Digidentity, Experian, Post Office, Royal Mail or SecureIdentity."`
		duis = `"hint" "Nullam id dolor id nibh ultricies vehicula ut id elit."`
	)
	return map[string]string{
		"button-default":                                 `"button" (dict "text" "Save and continue")`,
		"button-secondary":                               `"button" (dict "text" "Secondary button" "kind" "secondary" "name" "secondary")`,
		"button-warning":                                 `"button" (dict "text" "Warning button" "kind" "warning" "name" "Warning")`,
		"button-disabled":                                `"button" (dict "text" "Disabled button" "disabled" true)`,
		"button-link":                                    `"button-link" (dict "text" "Link button" "href" "/")`,
		"input-with-error-and-hint":                      `"input" (dict "name" "with-error-hint" "label" "National insurance number" "error" "Enter a National Insurance number in the correct format" ` + ni + `)`,
		"input-with-prefix-and-suffix":                   `"input" (dict "name" "cost" "id" "input-with-prefix-suffix" "label" "Cost per item, in pounds" "prefix" "£" "suffix" "per item")`,
		"input-with-width-2-class":                       `"input" (dict "name" "test-width-2" "id" "input-width-2" "label" "National insurance number" "width" "2" ` + ni + `)`,
		"input-with-label-as-page-heading":               `"input" (dict "name" "test-name" "id" "input-with-page-heading" "label" "National Insurance number" "heading" true)`,
		"textarea-with-error-message":                    `"textarea" (dict "name" "no-ni-reason" "label" "Why can’t you provide a National Insurance number?" "error" "You must provide an explanation")`,
		"select-with-hint-text-and-error-message":        `"select" (dict "name" "select-2" "label" "Label text goes here" "hint" "Hint text goes here" "error" "Error message goes here" "items" (list (dict "value" 1 "text" "GOV.UK frontend option 1") (dict "value" 2 "text" "GOV.UK frontend option 2") (dict "value" 3 "text" "GOV.UK frontend option 3")))`,
		"radios-with-fieldset-and-error-message":         `"radios" (dict "name" "example" "legend" "Have you changed your name?" "error" "Please select an option" "value" "no" "items" (list (dict "value" "yes" "text" "Yes") (dict "value" "no" "text" "No")))`,
		"radios-with-hints-on-items":                     `"radios" (dict "name" "gov" "legend" "How do you want to sign in?" "heading" true "items" (list (dict "value" "gateway" "id" "gateway" "text" "Sign in with Government Gateway" "hint" ` + self + `) (dict "value" "verify" "id" "verify" "text" "Sign in with GOV.UK Verify" "hint" ` + bank + `)))`,
		"radios-with-a-divider":                          `"radios" (dict "name" "example" "id" "example-divider" "legend" "How do you want to sign in?" "items" (list (dict "value" "government-gateway" "text" "Use Government Gateway") (dict "value" "govuk-verify" "text" "Use GOV.UK Verify") (dict "divider" "or") (dict "value" "create-account" "text" "Create an account")))`,
		"radios-inline":                                  `"radios" (dict "name" "example" "inline" true "legend" "Have you changed your name?" "hint" "This includes changing your last name or spelling your name differently." "value" "no" "items" (list (dict "value" "yes" "text" "Yes") (dict "value" "no" "text" "No")))`,
		"checkboxes-with-error-message":                  `"checkboxes" (dict "name" "waste" "legend" "Which types of waste do you transport regularly?" "error" "Please select an option" "items" (list (dict "value" "animal" "text" "Waste from animal carcasses" ` + duis + `) (dict "value" "mines" "text" "Waste from mines or quarries" ` + duis + `) (dict "value" "farm" "text" "Farm or agricultural waste" ` + duis + `)))`,
		"date-input-with-error-message-and-hint":         `"date-input" (dict "name" "dob-errors" "legend" "What is your date of birth?" "hint" "For example, 31 3 1980" "error" "Error message goes here")`,
		"file-upload-with-error-message-and-hint":        `"file-upload" (dict "name" "file-upload-3" "label" "Upload a file" "hint" "Your photo may be in your Pictures, Photos, Downloads or Desktop folder. Or in an app like iPhoto." "error" "Error message goes here")`,
		"notification-banner-default":                    `"notification-banner" (dict "text" "This publication was withdrawn on 7 March 2014." "id" "govuk-notification-banner")`,
		"tag-grey":                                       `"tag" (dict "text" "Grey" "colour" "grey")`,
		"panel-default":                                  `"panel" (dict "title" "Application complete" "text" "Your reference number" "reference" "HDJ2123F")`,
		"task-list-with-hint-text-and-additional-states": `"task-list" (dict "items" (list (dict "title" "Company Directors" "href" "#" "status" "Completed") (dict "title" "Registered company details" "href" "#" "status" "Not started" "colour" "teal") (dict "title" "Business plan" "href" "#" "hint" "Ensure the plan covers objectives, strategies, sales, marketing and financial forecasts." "status" "Review" "colour" "magenta") (dict "title" "Documentation" "href" "#" "status" "In progress" "colour" "blue") (dict "title" "Charitable status" "href" "#" "status" "Error" "colour" "red") (dict "title" "Payment" "hint" "It will cost between £15 and £75" "status" "Cannot start yet" "blocked" true)))`,
		"table-with-head-and-caption":                    `"table" (dict "caption" "Caption 1: Months and rates" "firstCellIsHeader" true "head" (list (dict "text" "Month you apply") (dict "text" "Rate for bicycles" "numeric" true) (dict "text" "Rate for vehicles" "numeric" true)) "rows" (list (list (dict "text" "January") (dict "text" "£85" "numeric" true) (dict "text" "£95" "numeric" true)) (list (dict "text" "February") (dict "text" "£75" "numeric" true) (dict "text" "£55" "numeric" true)) (list (dict "text" "March") (dict "text" "£165" "numeric" true) (dict "text" "£125" "numeric" true))))`,
		"inset-text-default":                             `"inset-text" (dict "text" "It can take up to 8 weeks to register a lasting power of attorney if there are no mistakes in the application.")`,
		"warning-text-default":                           `"warning-text" (dict "text" "You can be fined up to £5,000 if you don’t register.")`,
		"error-summary-default":                          `"error-summary" (dict "problems" .)`,
	}
}

// ours are attributes that we add to govuk-frontend's, or whose value is ours.
func ours() []string { return []string{"data-prevent-double-click", "tabindex"} }

func TestMarkup(t *testing.T) {
	t.Parallel()
	pages := fstest.MapFS{}
	for name, call := range markups() {
		pages[name+".html"] = &fstest.MapFile{Data: []byte(`{{define "title"}}x{{end}}{{define "main"}}<div id="here">{{template ` + call + `}}</div>{{end}}`)}
	}
	set := viewtest.Set(t, view.Source{Module: "gallery", Templates: pages, Texts: []byte(
		"gallery.a: {en: The date your passport was issued must be in the past, zh-Hant: a, zh-Hans: a}\n" +
			`gallery.b: {en: "Enter a postcode, like AA1 1AA", zh-Hant: a, zh-Hans: a}`)})
	problems := view.Problems{{Field: "example-error-1", Key: "gallery.a"}, {Field: "example-error-2", Key: "gallery.b"}}
	for _, name := range slices.Sorted(maps.Keys(markups())) {
		want := tree(t, []byte(`<div id="here">`+read(t, "testdata/govuk/"+name+".html")+`</div>`))
		got := tree(t, viewtest.Render(t, set, lang.English, "gallery/"+name, problems))
		got = strings.ReplaceAll(got, " name=dob-errors-", " name=") // our fields have names of their own
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-govuk +ours):\n%s", name, diff)
		}
	}
}

// tree writes the element with the id "here" one node a line, attributes and
// classes in order, space collapsed.
func tree(t *testing.T, page []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" && a.Val == "here" {
				var b strings.Builder
				write(&b, n, 0)
				return b.String()
			}
		}
	}
	t.Fatal("nothing here")
	return ""
}

func write(b *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat(" ", depth)
	switch n.Type {
	case html.TextNode:
		if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
			fmt.Fprintf(b, "%s%s\n", indent, s)
		}
	case html.ElementNode:
		var attrs []string
		for _, a := range n.Attr {
			if a.Key == "class" {
				classes := strings.Fields(a.Val)
				slices.Sort(classes)
				a.Val = strings.Join(classes, " ")
			}
			if !slices.Contains(ours(), a.Key) {
				attrs = append(attrs, a.Key+"="+a.Val)
			}
		}
		slices.Sort(attrs)
		fmt.Fprintf(b, "%s<%s %s>\n", indent, n.Data, strings.Join(attrs, " "))
		for c := range n.ChildNodes() {
			write(b, c, depth+1)
		}
	}
}
