package faults_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
)

// A body is one thing that nobody should send.
type body struct {
	name, contentType, text string
}

// fields are the names of every field that some form of the program has.
func fields() []string {
	return []string{
		"answer", "answer-day", "answer-month", "answer-year", "callbacks", "case", "ceremony", "choice", "claim", "code", "declare", "document", "email",
		"fail_refunds", "fee", "file", "key", "language", "late", "mail", "mine", "mode", "more", "name", "next", "note", "number", "office", "other", "others",
		"outcome", "overlap", "reason", "receipt", "record", "response", "rev", "role", "roles", "said", "state", "text", "why", "words",
	}
}

// values are what the fields hold.
func values() map[string]string {
	return map[string]string{
		"nothing":        "",
		"no UTF-8":       "\xff\xfe\xc0\xaf",
		"a zero byte":    "a\x00b",
		"huge":           strings.Repeat("九", 400),
		"markup":         `"><script>alert(1)</script>`,
		"SQL":            `'; DROP TABLE casework_cases; --`,
		"a header":       "x\r\nSet-Cookie: a=b",
		"a large number": "99999999999999999999999999",
		"a small number": "-9223372036854775809",
		"no number":      "NaN",
		"backwards":      "\u202e\u2066abc\u0007",
		"a template":     `{{.}}${7*7}%s%n`,
		"a path":         "../../../../etc/passwd",
		"deep JSON":      strings.Repeat(`[`, 1200),
	}
}

const formType = "application/x-www-form-urlencoded"

// bodies are all of them.
func bodies() []body {
	var all []body
	for name, v := range values() {
		form := url.Values{}
		var multi bytes.Buffer
		w := multipart.NewWriter(&multi)
		for _, f := range fields() {
			form.Set(f, v)
			_ = w.WriteField(f, v) // a buffer takes all
		}
		_ = w.Close() // as above
		all = append(all, body{name, formType, form.Encode()}, body{name + ", in parts", w.FormDataContentType(), multi.String()})
	}
	long := strings.Repeat("A", 70<<10)
	return append(all,
		body{"too long", formType, "text=" + long},
		body{"a broken form", formType, "answer=%zz&rev=%&;;=&=="},
		body{"a thousand fields", formType, strings.Repeat("a=1&", 12_000)},
		body{"parts without a boundary", "multipart/form-data", "--x\r\n"},
		body{"parts cut off", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7"},
		body{"a file that lies", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n<svg onload=alert(1)>\r\n--x--\r\n"},
		body{"an empty file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n\r\n--x--\r\n"},
		body{"a huge file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7" + strings.Repeat("\x00", 7<<20) + "\r\n--x--\r\n"},
		body{"JSON", "application/json", `{"rev":1,"choice":"agree","declare":"yes"}`},
		body{"XML", "text/xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`},
		body{"no type", "", "rev=1&choice=agree"},
		body{"a strange type", "a/b/c;;=;charset=\"", "rev=1"},
	)
}

// strangeIDs are what a place in an address may hold, as they are written there.
func strangeIDs() []string {
	return []string{
		"x", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%00", "'%20OR%201=1--", "%3Cscript%3E", "%E2%80%AE", "-1", "99999999999999999999", "%25s%25n",
		strings.Repeat("a", 3000), strings.Repeat("%E4%B9%9D", 300), "00000000-0000-0000-0000-000000000000",
	}
}

// jsons are bodies for an operation that takes JSON.
func jsons() []body {
	var all []body
	for i, s := range []string{
		``, `null`, `[]`, `"x"`, `1e999`, `{`, `{"grant":}`, `{}`, `{"grant":1,"subject":2,"class":3,"fields":4}`,
		`{"grant":"g","subject":"s","class":"td.vehicle","fields":["a"],"more":1}`,
		`{"grant":"g","subject":"s","class":"td.vehicle","fields":[]}`,
		`{"grant":"g","subject":"s","class":"no.such","fields":["a"]}`,
		`{"grant":"\u0000","subject":"\u0000","class":"\u0000","fields":["\u0000"]}`,
		"{\"grant\":\"\xff\xfe\",\"subject\":\"s\",\"class\":\"td.vehicle\",\"fields\":[\"a\"]}",
		`{"grant":"'; DROP TABLE consent_records; --","subject":"s","class":"td.vehicle","fields":["a"]}`,
		`{"grant":"` + strings.Repeat("g", 60<<10) + `"}`,
		`{"grant":"` + strings.Repeat("g", 80<<10) + `"}`,
		strings.Repeat(`[`, 20_000),
		strings.Repeat(`{"a":`, 5_000),
		`{"grant":"g","grant":"h","subject":"s","class":"td.vehicle","fields":["a"]}`,
	} {
		all = append(all, body{fmt.Sprintf("JSON %d", i), "application/json", s})
	}
	return append(all, body{"a form", formType, "grant=g"}, body{"XML", "text/xml", "<a/>"}, body{"CBOR", "application/cbor", "\xa1\x61\x61\x01"})
}
