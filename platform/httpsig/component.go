package httpsig

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dunglas/httpsfv"
)

// A component is one covered part of a message (RFC 9421, section 2).
type component struct {
	id   string // as in the signature base: "@method";req
	name string
	req  bool   // from the request that a response answers
	sf   bool   // re-serialised as a structured field
	bs   bool   // each line as a byte sequence
	key  string // one member of a dictionary
	has  bool   // key is set
	arg  string // name of @query-param
}

// componentOf reads the identifier that item holds.
func componentOf(item httpsfv.Item) (component, error) {
	name, ok := item.Value.(string)
	if !ok || !isName(name) {
		return component{}, refuse(Malformed, "component name")
	}
	c := component{name: name}
	params := item.Params.Names()
	if len(params) == 0 {
		c.id = `"` + name + `"`
		return c, c.check()
	}
	for _, p := range params {
		v, _ := item.Params.Get(p)
		flag, isFlag := v.(bool)
		text, isText := v.(string)
		switch {
		case p == "req" && isFlag && flag:
			c.req = true
		case p == "sf" && isFlag && flag:
			c.sf = true
		case p == "bs" && isFlag && flag:
			c.bs = true
		case p == "key" && isText:
			c.key, c.has = text, true
		case p == "name" && isText && name == "@query-param":
			c.arg = text
		default:
			return component{}, refuse(Malformed, "component parameter")
		}
	}
	id, err := httpsfv.Marshal(item)
	if err != nil {
		return component{}, refuse(Malformed, "component identifier")
	}
	c.id = id
	return c, c.check()
}

// isName reports whether s can be the name of a field, in lower case, or of a
// derived component.
func isName(s string) bool {
	rest := strings.TrimPrefix(s, "@")
	for i := range len(rest) {
		c := rest[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return rest != ""
}

// check refuses combinations that RFC 9421 does not know.
func (c component) check() error {
	derived := c.name[0] == '@'
	switch {
	case c.bs && (c.sf || c.has), derived && (c.sf || c.bs || c.has):
		return refuse(Malformed, "component parameters that exclude each other")
	case c.name == "@signature-params":
		return refuse(Malformed, "@signature-params is no component")
	}
	return nil
}

// parseComponent reads the form in which Params and Policy name components:
// @method, content-digest;req, @query-param;name="id".
func parseComponent(s string) (component, error) {
	name, rest, _ := strings.Cut(s, ";")
	if rest != "" {
		rest = ";" + rest
	}
	item, err := httpsfv.UnmarshalItem([]string{`"` + name + `"` + rest})
	if err != nil {
		return component{}, refuse(Malformed, "component identifier")
	}
	return componentOf(item)
}

// A message is what a component's value is taken from.
type message struct {
	header http.Header   // of the message itself
	req    *http.Request // the request, or the one that was answered
	status int           // of a response; 0 for a request
	scheme string        // of req
}

// value returns c's value in m.
func (c component) value(m message) (string, error) {
	isResponse := m.status != 0
	if c.req && (!isResponse || m.req == nil) {
		return "", refuse(Malformed, "req where no request is answered")
	}
	if c.name[0] == '@' {
		if c.name == "@status" {
			if !isResponse || c.req {
				return "", refuse(Malformed, "@status in a request")
			}
			return strconv.Itoa(m.status), nil
		}
		if isResponse && !c.req {
			return "", refuse(Malformed, "a request's component in a response")
		}
		return c.derived(m.req, m.scheme)
	}
	header := m.header
	if c.req {
		header = m.req.Header
	}
	return c.field(header)
}

// derived returns a component of the request line and target (section 2.2).
func (c component) derived(r *http.Request, scheme string) (string, error) {
	switch c.name {
	case "@method":
		if r.Method == "" {
			return http.MethodGet, nil
		}
		return r.Method, nil
	case "@authority":
		return authority(r, scheme), nil
	case "@scheme":
		return scheme, nil
	case "@target-uri":
		uri := scheme + "://" + authority(r, scheme) + path(r)
		if r.URL.RawQuery != "" || r.URL.ForceQuery {
			uri += "?" + r.URL.RawQuery
		}
		return uri, nil
	case "@path":
		return path(r), nil
	case "@query":
		return "?" + r.URL.RawQuery, nil
	case "@query-param":
		return queryParam(r.URL.RawQuery, c.arg)
	}
	return "", refuse(Malformed, "unknown derived component")
}

// authority is the host that r names, normalised: lower case, no default port.
func authority(r *http.Request, scheme string) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host = strings.ToLower(host)
	switch scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

func path(r *http.Request) string {
	if p := r.URL.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

// queryParam returns the one value of the parameter named, which is itself
// encoded, in the encoding of section 2.2.8.
func queryParam(query, name string) (string, error) {
	want, err := url.QueryUnescape(name)
	if err != nil {
		return "", refuse(Malformed, "@query-param name")
	}
	var value string
	found := 0
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		k, err := url.QueryUnescape(k)
		if err != nil || k != want {
			continue
		}
		if value, err = url.QueryUnescape(v); err != nil {
			return "", refuse(Malformed, "@query-param value")
		}
		found++
	}
	switch found {
	case 0:
		return "", refuse(Coverage, "@query-param that is not there")
	case 1:
		return percentEncode(value), nil
	}
	return "", refuse(Malformed, "@query-param that comes twice")
}

// percentEncode writes s with the application/x-www-form-urlencoded
// percent-encode set of the URL standard, and a space as %20.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("*-._", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// field returns the value of a header field (section 2.1).
func (c component) field(h http.Header) (string, error) {
	lines := h[http.CanonicalHeaderKey(c.name)]
	if len(lines) == 0 {
		return "", refuse(Coverage, "a covered field is not there")
	}
	switch {
	case c.bs:
		return byteSequences(lines), nil
	case c.has:
		return c.dictionaryMember(lines)
	case c.sf:
		return c.structured(lines)
	}
	if len(lines) == 1 {
		return oneLine(lines[0])
	}
	parts := make([]string, len(lines))
	for i, l := range lines {
		v, err := oneLine(l)
		if err != nil {
			return "", err
		}
		parts[i] = v
	}
	return strings.Join(parts, ", "), nil
}

// oneLine trims a field line; one that holds a line break could forge further
// lines of the signature base.
func oneLine(l string) (string, error) {
	if strings.ContainsAny(l, "\r\n\x00") {
		return "", refuse(Malformed, "line break in a field")
	}
	return strings.Trim(l, " \t"), nil
}

func byteSequences(lines []string) string {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = ":" + base64.StdEncoding.EncodeToString([]byte(strings.Trim(l, " \t"))) + ":"
	}
	return strings.Join(parts, ", ")
}

// dictionaryMember returns the member c.key of a dictionary (section 2.1.2).
func (c component) dictionaryMember(lines []string) (string, error) {
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return "", refuse(Malformed, "field is no dictionary")
	}
	m, ok := dict.Get(c.key)
	if !ok {
		return "", refuse(Coverage, "a covered dictionary member is not there")
	}
	v, err := httpsfv.Marshal(m)
	if err != nil {
		return "", refuse(Malformed, "dictionary member")
	}
	return v, nil
}

// structured re-serialises a field whose type is known (section 2.1.1).
func (c component) structured(lines []string) (string, error) {
	var v httpsfv.StructuredFieldValue
	var err error
	switch {
	case slices.Contains(dictionaries(), c.name):
		v, err = httpsfv.UnmarshalDictionary(lines)
	case slices.Contains(lists(), c.name):
		v, err = httpsfv.UnmarshalList(lines)
	default:
		return "", refuse(Malformed, "structured type of the field is not known")
	}
	if err != nil {
		return "", refuse(Malformed, "field is not as its type")
	}
	s, err := httpsfv.Marshal(v)
	if err != nil {
		return "", refuse(Malformed, "field is not as its type")
	}
	return s, nil
}

// dictionaries and lists are the structured fields whose types are known here.
func dictionaries() []string {
	return []string{"content-digest", "repr-digest", "want-content-digest", "want-repr-digest", "signature", "signature-input", "accept-signature", "priority", "cache-control", "example-dict"}
}

func lists() []string {
	return []string{"accept-ch", "cache-status", "proxy-status", "cdn-cache-control", "variants", "example-list"}
}
