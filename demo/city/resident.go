package city

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// number makes the i-th identity number. They begin with Q, which is not issued,
// and no two are the same below 26 million.
func number(i int) identity.HKID {
	n := (i/26*611_953 + 104_729*(i%26) + 350_377) % 1_000_000
	id, err := identity.CompleteHKID(fmt.Sprintf("Q%c%06d", 'A'+i%26, n))
	if err != nil {
		panic(err) // the form above is right for every i
	}
	return id
}

// resident makes the i-th resident of seed.
func resident(seed uint64, i int, reference day.Date) Resident {
	r := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // a made-up city, not a secret
	who := Resident{Number: number(i), Registered: true}
	who.Name, who.NameZh = name(r)
	who.Email = fmt.Sprintf("resident%05d@mail.example", i)
	who.Lang = language(r, who.NameZh)
	age := 18 + r.IntN(42)
	if r.IntN(4) == 0 {
		age = 60 + r.IntN(36)
	}
	who.BornOn = reference.AddYears(-age).AddDays(-r.IntN(365))
	who.Home = address(r, reference)
	if r.IntN(100) < 75 {
		who.Licences = []Licence{licence(r, i, reference)}
	}
	for n := vehicles(r, len(who.Licences) > 0); n > 0; n-- {
		who.Vehicles = append(who.Vehicles, vehicle(r, i, n, reference))
	}
	if r.IntN(100) < 45 {
		who.Tenements = []Tenement{tenement(r, who.Home, reference)}
	}
	return who
}

func name(r *rand.Rand) (latin, zh string) {
	if r.IntN(100) < 6 {
		return pick(r, foreignGiven()) + " " + pick(r, foreignFamily()), ""
	}
	family := pick(r, families())
	given := givens()
	a, b := pick(r, given), pick(r, given)
	return family.latin + " " + a.latin + " " + b.latin, family.zh + a.zh + b.zh
}

func language(r *rand.Rand, zh string) lang.Tag {
	switch n := r.IntN(100); {
	case zh == "" || n < 15:
		return lang.English
	case n < 25:
		return lang.Hans
	}
	return lang.Hant
}

func address(r *rand.Rand, reference day.Date) *Address {
	return &Address{
		Street:    fmt.Sprintf("Flat %d%c, %d %s", 1+r.IntN(40), 'A'+r.IntN(8), 1+r.IntN(288), pick(r, streets())),
		District:  pick(r, Districts()),
		MovedInOn: reference.AddDays(-30 - r.IntN(9000)),
	}
}

// licence makes a driving licence. Most end within the year around reference,
// for this is the year in which the city renews.
func licence(r *rand.Rand, i int, reference day.Date) Licence {
	ends := reference.AddDays(r.IntN(400) - 290)
	if r.IntN(100) < 15 {
		ends = reference.AddDays(130 + r.IntN(3500))
	}
	return Licence{
		Number: fmt.Sprintf("DL%07d", 1_000_000+i), Classes: pick(r, []string{"1", "1, 2", "2", "1, 3", "1, 2, 4"}),
		ExpiresOn: ends, Disqualified: r.IntN(200) == 0,
	}
}

func vehicles(r *rand.Rand, drives bool) int {
	switch n := r.IntN(100); {
	case !drives || n < 50:
		return 0
	case n < 93:
		return 1
	}
	return 2
}

func vehicle(r *rand.Rand, i, n int, reference day.Date) Vehicle {
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	fuel := pick(r, []string{"petrol", "petrol", "petrol", "electric", "electric", "diesel"})
	return Vehicle{
		Plate:    fmt.Sprintf("%c%c %d", letters[i/100%23], letters[(i/2300+n*11)%23], 1000+i%100*89+n),
		LengthMM: 3400 + 10*r.IntN(190), Fuel: fuel, LicenceEndsOn: reference.AddDays(r.IntN(420) - 20),
	}
}

func tenement(r *rand.Rand, home *Address, reference day.Date) Tenement {
	return Tenement{
		RateableValue:   money.Amount{Minor: int64(60_000+120*r.IntN(4000)) * 100, Currency: "HKD"},
		QuarterStartsOn: QuarterStart(reference), Address: home.Street + ", " + home.District,
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

type syllable struct{ latin, zh string }

// pairs reads "Chan 陳, Lee 李".
func pairs(s string) []syllable {
	var out []syllable
	for p := range strings.SplitSeq(s, ", ") {
		latin, zh, _ := strings.Cut(p, " ")
		out = append(out, syllable{latin, zh})
	}
	return out
}
