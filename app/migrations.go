package app

import (
	activitystore "causeway/modules/activity/store"
	caseworkstore "causeway/modules/casework/store"
	cataloguestore "causeway/modules/catalogue/store"
	consentstore "causeway/modules/consent/store"
	credentialstore "causeway/modules/credential/store"
	documentstore "causeway/modules/document/store"
	exchangestore "causeway/modules/exchange/store"
	identitystore "causeway/modules/identity/store"
	noticestore "causeway/modules/notice/store"
	openidstore "causeway/modules/openid/store"
	orgstore "causeway/modules/org/store"
	paymentstore "causeway/modules/payment/store"
	"causeway/platform/jobs"
	"causeway/platform/keys"
	"causeway/platform/tlog"
)

// migrations returns the tables of every module, platform first.
func migrations() []migration {
	return []migration{
		{"keys", keys.Migrations}, {"jobs", jobs.Migrations}, {"tlog", tlog.Migrations},
		{"activity", activitystore.Migrations}, {"identity", identitystore.Migrations}, {"org", orgstore.Migrations},
		{"consent", consentstore.Migrations}, {"exchange", exchangestore.Migrations}, {"catalogue", cataloguestore.Migrations},
		{"payment", paymentstore.Migrations}, {"credential", credentialstore.Migrations}, {"document", documentstore.Migrations},
		{"casework", caseworkstore.Migrations}, {"notice", noticestore.Migrations}, {"openid", openidstore.Migrations},
	}
}
