package app

import (
	"context"

	"causeway/demo/relying"
	"causeway/demo/shop"
	"causeway/modules/org"
	"causeway/platform/lang"
)

// shopKeyLabel names the seed of the shop's key, which follows from the demo's
// master secret.
const shopKeyLabel = "demo.shop-key"

// settleShop registers the demo's shop as a client of the transport department,
// with the addresses that it has now.
func settleShop(ctx context.Context, w *world, hood *neighbourhood) error {
	key, err := shop.Key(w.master.MAC(shopKeyLabel, nil))
	if err != nil {
		return err
	}
	jwks, err := relying.Public(key, shop.KeyID)
	if err != nil {
		return err
	}
	if jwks, err = org.ParseJWKS(string(jwks)); err != nil {
		return err
	}
	return w.org.EnsureOIDC(ctx, org.OIDCClient{
		ID: shop.ClientID, Department: "transport-department", Profile: org.FAPI2, Keys: jwks,
		Name:            lang.Text{En: "Harbour Cars", Hant: "海港租車", Hans: "海港租车"},
		Grants:          []string{org.GrantCode, org.GrantCredentials},
		Redirects:       []string{shop.Callback(hood.shop.Origin)},
		LogoutRedirects: []string{shop.Bye(hood.shop.Origin)},
	})
}
