package webhook_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"testing"
	"time"

	"causeway/platform/webhook"
)

// The vector of the Standard Webhooks reference libraries.
const (
	secret    = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	id        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	body      = `{"test": 2432232314}`
	signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func vector(t *testing.T) (key []byte, at time.Time) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key, time.Unix(1614265330, 0)
}

func TestSign(t *testing.T) {
	t.Parallel()
	key, at := vector(t)
	h := http.Header{}
	webhook.Sign(h, key, id, at, []byte(body))
	if got := h.Get(webhook.HeaderSignature); got != signature {
		t.Errorf("signature = %s, want %s", got, signature)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	key, at := vector(t)
	for name, test := range map[string]struct {
		change func(h http.Header)
		now    time.Time
		body   string
		want   error
	}{
		"as signed":            {now: at, body: body},
		"five minutes later":   {now: at.Add(5 * time.Minute), body: body},
		"too late":             {now: at.Add(5*time.Minute + time.Second), body: body, want: webhook.ErrOld},
		"too early":            {now: at.Add(-5*time.Minute - time.Second), body: body, want: webhook.ErrOld},
		"another body":         {now: at, body: body + " ", want: webhook.ErrSignature},
		"no id":                {now: at, body: body, want: webhook.ErrHeaders, change: func(h http.Header) { h.Del(webhook.HeaderID) }},
		"another id":           {now: at, body: body, want: webhook.ErrSignature, change: func(h http.Header) { h.Set(webhook.HeaderID, "msg_2") }},
		"an id with a dot":     {now: at, body: body, want: webhook.ErrHeaders, change: func(h http.Header) { h.Set(webhook.HeaderID, "a.1") }},
		"no timestamp":         {now: at, body: body, want: webhook.ErrHeaders, change: func(h http.Header) { h.Del(webhook.HeaderTimestamp) }},
		"a date as timestamp":  {now: at, body: body, want: webhook.ErrHeaders, change: func(h http.Header) { h.Set(webhook.HeaderTimestamp, "2021-02-25") }},
		"a padded timestamp":   {now: at, body: body, want: webhook.ErrHeaders, change: func(h http.Header) { h.Set(webhook.HeaderTimestamp, "01614265330") }},
		"a far timestamp":      {now: at, body: body, want: webhook.ErrOld, change: func(h http.Header) { h.Set(webhook.HeaderTimestamp, "-9223372036854775808") }},
		"no signature":         {now: at, body: body, want: webhook.ErrSignature, change: func(h http.Header) { h.Del(webhook.HeaderSignature) }},
		"another's signature":  {now: at, body: body, want: webhook.ErrSignature, change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=") }},
		"another version":      {now: at, body: body, want: webhook.ErrSignature, change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v2,"+signature[3:]) }},
		"one of several":       {now: at, body: body, change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v1a,xx v1,Ceo5 "+signature) }},
		"a signature not utf8": {now: at, body: body, want: webhook.ErrSignature, change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v1,\xff\xfe") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			webhook.Sign(h, key, id, at, []byte(body))
			if test.change != nil {
				test.change(h)
			}
			got, err := webhook.Verify(h, key, test.now, []byte(test.body))
			if !errors.Is(err, test.want) || err == nil && got != id {
				t.Errorf("Verify = %q, %v; want %v", got, err, test.want)
			}
		})
	}
}
