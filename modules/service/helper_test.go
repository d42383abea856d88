package service_test

import (
	"os"
	"path/filepath"
	"testing"

	"causeway/modules/service"
	"causeway/platform/day"
)

const services = "../../services"

func read(t testing.TB, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(services, file))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func definition(t testing.TB, id string) *service.Definition {
	t.Helper()
	def, err := service.Parse(id+".yaml", read(t, id+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return def
}

func holidays(t testing.TB) *service.Calendar {
	t.Helper()
	cal, err := service.ParseCalendar(read(t, "calendars/hk-general-holidays.json"))
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func date(t testing.TB, s string) day.Date {
	t.Helper()
	d, err := day.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type record = map[string]any

func found(r record) service.Facts { return service.Facts{State: service.Found, Record: r} }

func answered(v any) service.Answer { return service.Answer{State: service.Answered, Value: v} }

// licence is the input of a renewal of a licence.
func licence(today, born, expires day.Date) service.Input {
	return service.Input{
		Today: today,
		Evidence: map[string]service.Facts{
			"who":     found(record{"born_on": born.String()}),
			"licence": found(record{"expires_on": expires.String(), "disqualified": false}),
		},
		Answers: map[string]service.Answer{},
	}
}
