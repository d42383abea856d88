package casework

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"causeway/modules/exchange"
	"causeway/modules/org"
	"causeway/modules/service"
)

// A File is what the applicant and the registries said in a case. It is kept
// sealed with the person's key, and removed when its time has run out.
type File struct {
	Facts   map[string]Fact   `json:"facts,omitempty"`   // by the name of the evidence
	Answers map[string]Answer `json:"answers,omitempty"` // by the name of the question
	Extra   []Upload          `json:"extra,omitempty"`   // given when more was asked for
	Renewed []string          `json:"renewed,omitempty"` // evidence that was not the same when it was fetched again
}

// A Fact is what came of one piece of evidence.
type Fact struct {
	Class   string           `json:"class"`
	Outcome exchange.Outcome `json:"outcome,omitempty"` // "" if no registry was asked
	Records []map[string]any `json:"records,omitempty"`
	Chosen  int              `json:"chosen,omitempty"` // the record, from 1, that the applicant chose of several
	Source  org.ID           `json:"source,omitempty"`
	At      time.Time        `json:"at,omitzero"`
	Retry   time.Time        `json:"retry,omitzero"`   // when to ask again, if it is known
	Reason  string           `json:"reason,omitempty"` // of a failure, for officers
	Typed   map[string]any   `json:"typed,omitempty"`  // by hand, by field
}

// An Answer is what the applicant said to a question.
type Answer struct {
	State  service.AnswerState `json:"state"`
	Value  any                 `json:"value,omitempty"`
	Upload Upload              `json:"upload,omitzero"`
}

// An Upload is a file that the applicant gave.
type Upload struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// maxName bounds a file's name, in characters.
const maxName = 100

// cleanName is the last part of name, as far as it can be read.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, "/\\")+1:], "")
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name))
	if r := []rune(name); len(r) > maxName {
		name = string(r[len(r)-maxName:]) // its end says what kind it is
	}
	if name == "" {
		return "file"
	}
	return name
}

func newFile() *File { return &File{Facts: map[string]Fact{}, Answers: map[string]Answer{}} }

// readFile reads what encoding/json wrote of a File; numbers stay exact.
func readFile(plain []byte, f *File) error {
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	if err := dec.Decode(f); err != nil {
		return err
	}
	if f.Facts == nil {
		f.Facts = map[string]Fact{}
	}
	if f.Answers == nil {
		f.Answers = map[string]Answer{}
	}
	return nil
}

// ByHand reports whether the applicant typed f.
func (f Fact) ByHand() bool { return f.Typed != nil }

// Record returns the record that counts, or nil.
func (f Fact) Record() map[string]any {
	switch {
	case f.Typed != nil:
		return f.Typed
	case f.Outcome == exchange.Found && len(f.Records) == 1:
		return f.Records[0]
	case f.Outcome == exchange.Several && f.Chosen >= 1 && f.Chosen <= len(f.Records):
		return f.Records[f.Chosen-1]
	}
	return nil
}

// state returns what the rules see of f.
func (f Fact) state() service.State {
	switch {
	case f.Typed != nil:
		return service.ByHand
	case f.Record() != nil:
		return service.Found
	}
	switch f.Outcome {
	case exchange.None:
		return service.None
	case exchange.Several:
		return service.Several
	case exchange.Refused, exchange.Invalid, exchange.Late, exchange.Down:
		return service.Unavailable
	case exchange.Found:
	}
	return service.NotYet
}

// fetched reports whether f rests on what a registry said.
func (f Fact) fetched() bool { return f.Outcome != "" && f.Typed == nil }

// input returns f's facts and answers as the definition evaluates them.
func (f *File) input() (map[string]service.Facts, map[string]service.Answer) {
	facts := make(map[string]service.Facts, len(f.Facts))
	for name, x := range f.Facts {
		facts[name] = service.Facts{State: x.state(), Record: x.Record()}
	}
	answers := make(map[string]service.Answer, len(f.Answers))
	for name, a := range f.Answers {
		answers[name] = service.Answer{State: a.State, Value: a.Value}
	}
	return facts, answers
}
