package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"causeway/modules/casework"
	"causeway/modules/service"
	"causeway/platform/fault"
	"causeway/platform/lang"
	"causeway/platform/view"
)

// maxFile bounds an upload as a form holds it.
const maxFile = 6 << 20

// questionPage is what question.html shows.
type questionPage struct {
	Case             casework.Case
	Title            lang.Text
	Name             string
	Type             string
	Label, Hint      lang.Text
	Options          []view.Dict
	Optional         bool
	Value            string
	Year, Month, Day string
	File             string // the name of the file that was given
	Problems         view.Problems
}

// asked returns a case and the question that a path names, which must be one
// that is, or was, shown.
func (h handler) asked(r *http.Request) (casework.View, service.Question, error) {
	v, err := h.Cases.Case(r.Context(), caller(r), caseID(r))
	if err != nil {
		return v, service.Question{}, err
	}
	name := r.PathValue("question")
	q, ok := v.Definition.Question(name)
	if !ok || v.Case.State != casework.Draft {
		return v, q, casework.ErrNoEvidence
	}
	for _, list := range [][]string{v.Outcome.Next, v.Outcome.Asked} {
		for _, n := range list {
			if n == name {
				return v, q, nil
			}
		}
	}
	return v, q, casework.ErrNoEvidence
}

func (h handler) question(w http.ResponseWriter, r *http.Request) error {
	v, q, err := h.asked(r)
	if err != nil {
		return err
	}
	return h.showQuestion(w, r, http.StatusOK, v, q, jsonText(v.File.Answers[q.Name].Value), nil)
}

func (h handler) showQuestion(w http.ResponseWriter, r *http.Request, status int, v casework.View, q service.Question, value string, problems view.Problems) error {
	tag := view.LangOf(r.Context())
	page := questionPage{
		Case: v.Case, Title: v.Definition.Title, Name: q.Name, Type: string(q.Type), Label: q.Label, Hint: q.Hint,
		Optional: q.Optional && q.Default == "", Value: value, File: v.File.Answers[q.Name].Upload.Name, Problems: problems,
	}
	switch q.Type {
	case service.DateQuestion:
		page.Year, page.Month, page.Day = splitDate(r, "answer", value)
	case service.ChoiceQuestion:
		if page.Value == "" {
			page.Value = q.Default
		}
		for _, o := range q.Options {
			page.Options = append(page.Options, view.Dict{"value": o.Value, "text": o.Label.In(tag)})
		}
	case service.TextQuestion, service.NumberQuestion, service.FileQuestion:
	}
	return h.Views.Render(w, r, status, "casework/question", page)
}

func (h handler) answer(w http.ResponseWriter, r *http.Request) error {
	name, content, err := upload(r)
	if err != nil {
		return err
	}
	v, q, err := h.asked(r)
	if err != nil {
		return err
	}
	if q.Type == service.FileQuestion && content == nil && !noFile(r) {
		return ErrForm // not what the page sends: nobody has said that there is no file
	}
	var typed casework.Typed
	value := posted(r, "answer", string(q.Type))
	if q.Type == service.FileQuestion {
		typed, err = h.Cases.Attach(r.Context(), caller(r), v.Case.ID, q.Name, name, content)
	} else {
		typed, err = h.Cases.Answer(r.Context(), caller(r), v.Case.ID, q.Name, value)
	}
	var problems view.Problems
	key, refused := invalid(err)
	switch {
	case err == nil:
		return h.onward(w, r)
	case errors.Is(err, casework.ErrTyped):
		key, args := problem(typed.Problems[q.Name], string(q.Type))
		problems.Add(fieldID("answer", string(q.Type)), key, args)
	case conflict(err):
		return see(w, r, at(v.Case.ID, ""))
	case q.Type == service.FileQuestion && refused:
		problems.Add("answer", key, nil)
	default:
		return err
	}
	return h.showQuestion(w, r, http.StatusUnprocessableEntity, v, q, value, problems)
}

// ErrForm reports a form that cannot be read.
var ErrForm = fault.New(fault.Invalid, "casework.form")

// upload reads a form and the file in it, if there is one.
func upload(r *http.Request) (name string, content []byte, err error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if err := r.ParseForm(); err != nil {
			return "", nil, fmt.Errorf("%w: %w", ErrForm, err)
		}
		return "", nil, nil
	}
	if err := r.ParseMultipartForm(maxFile); err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // it is a temporary file
	f, head, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	defer f.Close() //nolint:errcheck // it was read
	content, err = io.ReadAll(f)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return head.Filename, content, nil
}

// noFile reports whether a form says that no file was chosen: browsers send its
// field without a name and without content.
func noFile(r *http.Request) bool {
	if r.MultipartForm == nil {
		return false
	}
	sent := r.MultipartForm.Value["file"]
	return len(sent) == 1 && sent[0] == ""
}

// jsonText writes a kept value as a form shows it.
func jsonText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
