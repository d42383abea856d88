package app

import (
	"github.com/danielgtaylor/huma/v2"

	"causeway/platform/httpx"
)

// describe completes the OpenAPI document with what holds for every operation.
func (w *world) describe() {
	doc := w.mux.API().OpenAPI()
	doc.Info.Description = "For the systems of departments. Pages for people are not part of it. " +
		"Failures are problem documents (RFC 9457) whose `type` is stable. " +
		"Times are RFC 3339 in UTC, days are YYYY-MM-DD."
	doc.Tags = []*huma.Tag{
		{Name: "org", Description: "Who you are to us."},
		{Name: "consent", Description: "What residents may be asked to agree to."},
		{Name: "exchange", Description: "Facts about a person, under that person's consent."},
		{Name: "cases", Description: "Cases that your department decides."},
	}
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[httpx.SignatureScheme] = &huma.SecurityScheme{
		Type: "apiKey", In: "header", Name: "Signature",
		Description: "An HTTP message signature (RFC 9421) by an Ed25519 key of the department's software, over @method, @authority, @path, @query and " +
			"content-digest, with created, nonce and keyid. Answers are signed as well. See docs/signed-requests.md.",
	}
}
