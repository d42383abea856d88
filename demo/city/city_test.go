package city_test

import (
	"bytes"
	"reflect"
	"testing"

	"causeway/demo/city"
	"causeway/modules/identity"
	"causeway/platform/day"
)

func TestSameSeedSameCity(t *testing.T) {
	t.Parallel()
	today := day.Of(2026, 11, 23)
	a, b := city.New(1, today, today), city.New(1, today, today)
	if !reflect.DeepEqual(a, b) {
		t.Error("two cities of one seed differ")
	}
	if reflect.DeepEqual(a.Residents()[500], city.New(2, today, today).Residents()[500]) {
		t.Error("two seeds make the same resident")
	}
}

func TestResidents(t *testing.T) {
	t.Parallel()
	today := day.Of(2026, 11, 23)
	c := city.New(1, today, today)
	if n := len(c.Residents()); n != city.Population {
		t.Fatalf("%d residents, want %d", n, city.Population)
	}
	numbers, plates, licences := map[string]bool{}, map[string]bool{}, map[string]bool{}
	once := func(set map[string]bool, kind, v string) {
		if set[v] {
			t.Errorf("%s comes twice", kind)
		}
		set[v] = true
	}
	for _, r := range c.Residents() {
		n, err := identity.ParseHKID(r.Number.Reveal())
		if err != nil || n != r.Number {
			t.Errorf("an identity number is not valid: %v", err)
		}
		once(numbers, "identity number", r.Number.Reveal())
		for _, v := range r.Vehicles {
			once(plates, "plate", v.Plate)
		}
		for _, l := range r.Licences {
			once(licences, "licence number", l.Number)
		}
		if r.Name == "" || !r.BornOn.Before(today) {
			t.Error("a resident without a name, or not born yet")
		}
	}
	for _, o := range c.Officers() {
		once(numbers, "identity number", o.Number.Reveal())
	}
	if n := len(c.Renewable(today)); n < 3000 {
		t.Errorf("%d residents can renew by rule, want at least 3000", n)
	}
}

// TestCityStays: what registries hold about residents depends on the day on
// which the city was made, personas' stories on today.
func TestCityStays(t *testing.T) {
	t.Parallel()
	made, later := day.Of(2026, 11, 23), day.Of(2027, 8, 1)
	a, b := city.New(7, made, made), city.New(7, made, later)
	n := len(a.Personas())
	if !reflect.DeepEqual(a.Residents()[n:], b.Residents()[n:]) {
		t.Error("residents changed with the day")
	}
	p, ok := b.Persona("renewal")
	if !ok || p.Resident.Licences[0].ExpiresOn != later.AddDays(-7) {
		t.Errorf("the persona who renews does not follow the day")
	}
	for i, p := range a.Personas() {
		if p.Resident.Number != b.Personas()[i].Resident.Number {
			t.Errorf("%s changed number", p.ID)
		}
		if len(p.Label.Missing())+len(p.Story.Missing()) > 0 {
			t.Errorf("%s is not told in every language", p.ID)
		}
	}
}

func TestMedicalReportIsPDF(t *testing.T) {
	t.Parallel()
	b := city.MedicalReport()
	if !bytes.HasPrefix(b, []byte("%PDF-1.4")) || !bytes.HasSuffix(b, []byte("%%EOF\n")) {
		t.Error("not a PDF")
	}
}

func BenchmarkNew(b *testing.B) {
	today := day.Of(2026, 11, 23)
	for b.Loop() {
		city.New(1, today, today)
	}
}
