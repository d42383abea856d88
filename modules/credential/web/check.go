package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"causeway/modules/credential"
	"causeway/platform/lang"
	"causeway/platform/view"
)

type askPage struct {
	Text     string
	Problems view.Problems
}

func (h handler) ask(w http.ResponseWriter, r *http.Request) error {
	return h.View.Render(w, r, http.StatusOK, "credential/verify", askPage{})
}

type resultPage struct {
	credential.Check
	Department lang.Text
	Shown      []claim
	Printed    bool
}

func (h handler) result(w http.ResponseWriter, r *http.Request, c credential.Check, printed bool) error {
	p := resultPage{Check: c, Shown: h.claims(r, c.Type, c.Claims, c.Names), Printed: printed}
	if c.Department != "" {
		p.Department = h.name(r.Context(), c.Department)
	}
	return h.View.Render(w, r, http.StatusOK, "credential/result", p)
}

// check takes a pasted credential, or the address that a code holds.
func (h handler) check(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimSpace(form(r, "text"))
	if text == "" || len(text) > 40_000 {
		var problems view.Problems
		problems.Add("text", "credential.verify.missing", nil)
		return h.View.Render(w, r, http.StatusUnprocessableEntity, "credential/verify", askPage{Problems: problems})
	}
	if path, ok := strings.CutPrefix(text, h.Origin+"/verify/"); ok && !strings.ContainsAny(path, "?#. ") {
		http.Redirect(w, r, "/verify/"+path, http.StatusSeeOther)
		return nil
	}
	c, err := h.Service.Check(r.Context(), text)
	if err != nil {
		return err
	}
	return h.result(w, r, c, false)
}

func (h handler) scanned(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Service.Show(r.Context(), r.PathValue("handle"))
	if err != nil {
		return err
	}
	return h.result(w, r, c, false)
}

type printedPage struct {
	Number   string
	Problems view.Problems
}

func (h handler) askPrinted(w http.ResponseWriter, r *http.Request) error {
	if err := h.Service.Printed(r.Context(), r.PathValue("code")); err != nil {
		return err
	}
	return h.View.Render(w, r, http.StatusOK, "credential/printed", printedPage{})
}

func (h handler) checkPrinted(w http.ResponseWriter, r *http.Request) error {
	number := strings.TrimSpace(form(r, "number"))
	c, err := h.Service.CheckPrinted(r.Context(), r.PathValue("code"), number)
	if errors.Is(err, credential.ErrWrongNumber) {
		var problems view.Problems
		problems.Add("number", "credential.printed.wrong", nil)
		return h.View.Render(w, r, http.StatusUnprocessableEntity, "credential/printed", printedPage{Number: number, Problems: problems})
	}
	if err != nil {
		return err
	}
	return h.result(w, r, c, true)
}

func (h handler) statusList(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.PathValue("list"))
	if err != nil {
		return credential.ErrNoLicence
	}
	list, err := h.Service.StatusList(r.Context(), n)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/statuslist+jwt")
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = w.Write([]byte(list))
	return err
}

func (h handler) issuer(w http.ResponseWriter, r *http.Request) error {
	b, err := h.Issuer.Issuer(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = w.Write(b)
	return err
}
