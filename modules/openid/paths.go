package openid

// Paths of the endpoints below the issuer.
const (
	PathDiscovery  = "/.well-known/openid-configuration"
	PathOAuth      = "/.well-known/oauth-authorization-server"
	PathKeys       = "/openid/keys"
	PathPush       = "/openid/par"
	PathAuthorize  = "/openid/authorize"
	PathToken      = "/openid/token"
	PathUserInfo   = "/openid/userinfo"
	PathIntrospect = "/openid/introspect"
	PathRevoke     = "/openid/revoke"
	PathLogout     = "/openid/logout"
	PathGrants     = "/openid/grants"
)
