package home_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"causeway/modules/home"
	"causeway/modules/identity"
	"causeway/platform/day"
	"causeway/platform/lang"
)

type provider func(context.Context, identity.Caller) ([]home.Card, error)

func (p provider) Cards(ctx context.Context, c identity.Caller) ([]home.Card, error) {
	return p(ctx, c)
}

func gives(cards ...home.Card) provider {
	return func(context.Context, identity.Caller) ([]home.Card, error) { return cards, nil }
}

func card(s home.Section, title string) home.Card {
	return home.Card{Section: s, Title: lang.Text{En: title}}
}

func TestGather(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	s := home.New(
		home.Source{Provider: gives(card(home.ToDo, "a"), card(home.Cases, "b")), Sections: []home.Section{home.ToDo, home.Cases}},
		home.Source{Provider: provider(func(context.Context, identity.Caller) ([]home.Card, error) { return nil, down }), Sections: []home.Section{home.Licences, home.Services}},
		home.Source{Provider: provider(func(context.Context, identity.Caller) ([]home.Card, error) { panic("bad") }), Sections: []home.Section{home.Messages}},
		home.Source{Provider: gives(card(home.ToDo, "c")), Sections: []home.Section{home.ToDo}},
	)
	got, err := s.Gather(t.Context(), identity.Caller{Person: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(got.Err, down) {
		t.Errorf("the reason is lost: %v", got.Err)
	}
	if diff := cmp.Diff(map[home.Section][]home.Card{home.ToDo: {card(home.ToDo, "a"), card(home.ToDo, "c")}, home.Cases: {card(home.Cases, "b")}}, got.Cards, cmp.Comparer(func(a, b day.Date) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[home.Section]bool{home.Licences: true, home.Services: true, home.Messages: true}, got.Failed); diff != "" {
		t.Error(diff)
	}
}

func TestGatherAsksAtOnce(t *testing.T) {
	t.Parallel()
	first, second := make(chan struct{}), make(chan struct{})
	wait := func(mine, other chan struct{}) provider {
		return func(ctx context.Context, _ identity.Caller) ([]home.Card, error) {
			close(mine)
			select {
			case <-other:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	s := home.New(
		home.Source{Provider: wait(first, second), Sections: []home.Section{home.ToDo}},
		home.Source{Provider: wait(second, first), Sections: []home.Section{home.Cases}},
	)
	got, err := s.Gather(t.Context(), identity.Caller{Person: "p"})
	if err != nil || got.Err != nil {
		t.Errorf("%v, %v", err, got.Err)
	}
}

func TestGatherForNobody(t *testing.T) {
	t.Parallel()
	if _, err := home.New().Gather(t.Context(), identity.Caller{}); !errors.Is(err, home.ErrSignIn) {
		t.Errorf("got %v, want ErrSignIn", err)
	}
}
