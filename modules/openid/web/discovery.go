package web

import (
	"encoding/json"
	"net/http"

	"causeway/modules/openid"
	"causeway/modules/openid/jws"
	"causeway/modules/org"
)

// discovery says where the endpoints are and what they take (OpenID Connect
// Discovery, section 3; RFC 8414, section 2).
func (h handler) discovery(w http.ResponseWriter, r *http.Request) {
	at := h.Provider.Issuer()
	var algs []string
	for _, a := range jws.Algorithms() {
		algs = append(algs, string(a))
	}
	methods := []string{"private_key_jwt", "client_secret_basic", "client_secret_post"}
	doc := map[string]any{
		"issuer": at, "authorization_endpoint": at + openid.PathAuthorize, "token_endpoint": at + openid.PathToken, "userinfo_endpoint": at + openid.PathUserInfo,
		"jwks_uri": at + openid.PathKeys, "pushed_authorization_request_endpoint": at + openid.PathPush, "introspection_endpoint": at + openid.PathIntrospect,
		"revocation_endpoint": at + openid.PathRevoke,

		"end_session_endpoint": at + openid.PathLogout, "grant_management_endpoint": at + openid.PathGrants,
		"grant_management_actions_supported": []string{"query", "revoke", "create", "merge", "replace"}, "grant_management_action_required": false,

		"scopes_supported":         []string{openid.ScopeOpenID, openid.ScopeOffline, openid.ScopeQuery, openid.ScopeRevoke},
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query", "jwt", "query.jwt"},
		"grant_types_supported": []string{org.GrantCode, org.GrantRefresh, org.GrantCredentials},
		"acr_values_supported":  openid.ACRs(), "subject_types_supported": []string{"pairwise"}, "claims_supported": []string{"sub", "acr", "auth_time", "causeway_data"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "authorization_signing_alg_values_supported": []string{"ES256"},
		"request_object_signing_alg_values_supported": algs, "dpop_signing_alg_values_supported": algs,
		"token_endpoint_auth_methods_supported": methods, "token_endpoint_auth_signing_alg_values_supported": algs,
		"introspection_endpoint_auth_methods_supported": methods, "introspection_endpoint_auth_signing_alg_values_supported": algs,
		"revocation_endpoint_auth_methods_supported": methods, "revocation_endpoint_auth_signing_alg_values_supported": algs,
		"code_challenge_methods_supported": []string{"S256"}, "authorization_details_types_supported": []string{openid.DataType},
		"prompt_values_supported": []string{"none", "login", "consent", "select_account"}, "ui_locales_supported": []string{"en", "zh-Hant", "zh-Hans"},
		"authorization_response_iss_parameter_supported": true, "request_parameter_supported": true, "request_uri_parameter_supported": false,
		"claims_parameter_supported": false, "require_request_uri_registration": false, "require_signed_request_object": false,
		"require_pushed_authorization_requests": false, // of plain clients; every other client has to
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	b, err := json.Marshal(doc)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	_, _ = w.Write(b) // the client has gone
}

// keys serves the keys that ID tokens are signed by, those to come and those of
// before.
func (h handler) keys(w http.ResponseWriter, r *http.Request) {
	set, err := h.Provider.Published(r.Context())
	if err != nil {
		h.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(set) // the client has gone
}
