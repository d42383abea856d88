package registry

import (
	"causeway/demo/city"
)

// shelf holds what the sources of the HTTP kind know, by identity number.
type shelf map[string]*city.Resident

func newShelf(c *city.City) shelf {
	all := c.Residents()
	s := make(shelf, len(all))
	for i := range all {
		s[all[i].Number.Reveal()] = &all[i]
	}
	return s
}

// records returns the records about number of what is served at, with what was
// written since. known is false if nothing is served there.
func (s shelf) records(at, number string, written []map[string]any) (out []map[string]any, known bool) {
	r := s[number]
	if r == nil {
		r = &city.Resident{}
	}
	switch at {
	case "driving-licences":
		for _, l := range r.Licences {
			out = append(out, map[string]any{
				"licence_number": l.Number, "classes": l.Classes,
				"expires_on": l.ExpiresOn.String(), "disqualified": l.Disqualified,
			})
		}
		for _, w := range written {
			renew(out, w)
		}
	case "vehicles":
		for _, v := range r.Vehicles {
			out = append(out, map[string]any{
				"plate": v.Plate, "length_mm": v.LengthMM, "fuel": v.Fuel, "licence_ends_on": v.LicenceEndsOn.String(),
			})
		}
	case "tenements":
		for _, t := range r.Tenements {
			out = append(out, map[string]any{
				"rateable_value": t.RateableValue.String(), "quarter_starts_on": t.QuarterStartsOn.String(), "address": t.Address,
			})
		}
	case "permits":
		out = written
	default:
		return nil, false
	}
	return out, true
}

// renew changes the last day of the licence that w names, or of the one that
// lasts longest.
func renew(licences []map[string]any, w map[string]any) {
	best := -1
	for i, l := range licences {
		if n, ok := w["licence_number"]; ok && n != l["licence_number"] {
			continue
		}
		if best < 0 || text(l["expires_on"]) > text(licences[best]["expires_on"]) {
			best = i
		}
	}
	if best >= 0 {
		licences[best]["expires_on"] = w["expires_on"]
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// takes reports whether what is served at takes a record about number.
func (s shelf) takes(at, number string) bool {
	switch at {
	case "driving-licences":
		r := s[number]
		return r != nil && len(r.Licences) > 0
	case "permits":
		return s[number] != nil
	}
	return false
}

// only returns the fields of each record.
func only(records []map[string]any, fields []string) []map[string]any {
	out := make([]map[string]any, len(records))
	for i, r := range records {
		out[i] = make(map[string]any, len(fields))
		for _, f := range fields {
			if v, ok := r[f]; ok {
				out[i][f] = v
			}
		}
	}
	return out
}
