// Package city makes a fictional city from a seed: ten thousand residents with
// the facts that its registries hold about them, the personas of the demo, and
// its departments and officers. The same seed and days give the same city.
// Nobody in it exists: identity numbers begin with letters that are not issued.
package city

import (
	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// Population is the number of residents, personas included.
const Population = 10_000

// A City is a made-up city. It does not change.
type City struct {
	residents []Resident
	personas  []Persona
	officers  []Officer
}

// A Resident is somebody who lives in the city, and what its registries hold.
type Resident struct {
	Number     identity.HKID
	Name       string // in Latin letters
	NameZh     string // "" for those without a Chinese name
	BornOn     day.Date
	Email      string
	Lang       lang.Tag
	Registered bool // known to Causeway; false for newcomers
	Licences   []Licence
	Vehicles   []Vehicle
	Home       *Address
	Tenements  []Tenement
}

// A Licence is a record of the driving licence register.
type Licence struct {
	Number       string
	Classes      string
	ExpiresOn    day.Date
	Disqualified bool
}

// A Vehicle is a record of the vehicle register.
type Vehicle struct {
	Plate         string
	LengthMM      int
	Fuel          string // petrol, diesel, electric, none
	LicenceEndsOn day.Date
}

// An Address is a record of the address register.
type Address struct {
	Street    string
	District  string
	MovedInOn day.Date
}

// A Tenement is a record of the valuation list.
type Tenement struct {
	RateableValue   money.Amount
	QuarterStartsOn day.Date
	Address         string
}

// New makes the city of seed. The facts about most residents are relative to
// reference, the day on which the city was first made, so that they stay; those
// about personas are relative to today, so that their stories never age.
func New(seed uint64, reference, today day.Date) *City {
	c := &City{personas: personas(today)}
	c.residents = make([]Resident, 0, Population)
	for _, p := range c.personas {
		c.residents = append(c.residents, p.Resident)
	}
	for i := len(c.residents); i < Population; i++ {
		c.residents = append(c.residents, resident(seed, i, reference))
	}
	c.officers = officers()
	return c
}

// Residents returns everybody, the personas first. The caller does not change
// them.
func (c *City) Residents() []Resident { return c.residents }

// Personas returns the people whose stories the demo tells.
func (c *City) Personas() []Persona { return c.personas }

// Persona returns the persona named id.
func (c *City) Persona(id string) (Persona, bool) {
	for _, p := range c.personas {
		if p.ID == id {
			return p, true
		}
	}
	return Persona{}, false
}

// Officers returns those who work in the departments.
func (c *City) Officers() []Officer { return c.officers }

// Renewable returns the residents, personas not among them, who can renew a
// driving licence on day d without an officer: one licence, not disqualified,
// within four months before and three years after its last day, and younger
// than seventy.
func (c *City) Renewable(d day.Date) []Resident {
	var out []Resident
	for _, r := range c.residents[len(c.personas):] {
		if len(r.Licences) != 1 || r.Licences[0].Disqualified || !r.BornOn.AddYears(70).After(d) {
			continue
		}
		ends := r.Licences[0].ExpiresOn
		if !d.Before(ends.AddMonths(-4)) && !d.After(ends.AddMonths(36)) {
			out = append(out, r)
		}
	}
	return out
}

// QuarterStart returns the first day of the quarter of d.
func QuarterStart(d day.Date) day.Date {
	y, m, _ := d.Civil()
	return day.Of(y, (m-1)/3*3+1, 1)
}
