package httpsig

import (
	"github.com/dunglas/httpsfv"
)

// Bounds on what is read from a message.
const (
	maxField      = 8 << 10  // bytes of Signature-Input, and of Signature
	maxBase       = 64 << 10 // bytes of a signature base
	maxSignatures = 8        // labels in one message
	maxComponents = 32       // covered by one signature
)

// base returns the signature base of section 2.5: what is signed. list holds
// the covered components and the signature's parameters.
func base(m message, list httpsfv.InnerList) ([]byte, []component, error) {
	if len(list.Items) > maxComponents {
		return nil, nil, refuse(TooLarge, "covered components")
	}
	covered := make([]component, 0, len(list.Items))
	b := make([]byte, 0, 512)
	for _, item := range list.Items {
		c, err := componentOf(item)
		if err != nil {
			return nil, nil, err
		}
		if covers(covered, c.id) {
			return nil, nil, refuse(Malformed, "component named twice")
		}
		v, err := c.value(m)
		if err != nil {
			return nil, nil, err
		}
		for i := range len(v) {
			if v[i] < ' ' && v[i] != '\t' || v[i] >= 0x7f {
				return nil, nil, refuse(Malformed, "control or non-ASCII character in "+c.id)
			}
		}
		if len(b)+len(c.id)+len(v) > maxBase {
			return nil, nil, refuse(TooLarge, "signature base")
		}
		covered = append(covered, c)
		b = append(b, c.id...)
		b = append(b, ": "...)
		b = append(b, v...)
		b = append(b, '\n')
	}
	params, err := httpsfv.Marshal(list)
	if err != nil {
		return nil, nil, refuse(Malformed, "signature parameters")
	}
	b = append(b, `"@signature-params": `...)
	return append(b, params...), covered, nil
}

func covers(list []component, id string) bool {
	for _, c := range list {
		if c.id == id {
			return true
		}
	}
	return false
}
