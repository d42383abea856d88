package document

import (
	"context"
	"fmt"
	"time"

	"causeway/modules/identity"
)

// Remove takes a file of the caller's back; that the case allows it still is for
// casework to know. It joins the unit of ctx. It returns ErrNoFile.
func (s *Service) Remove(ctx context.Context, by identity.Caller, id ID) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		f, err := s.d.Store.FileOf(ctx, by.Person, id)
		if err != nil {
			return err
		}
		return s.d.Store.Remove(ctx, f)
	})
}

// Erase removes all files of a case, in the unit of ctx if there is one. What
// they held follows when Sweep runs next.
func (s *Service) Erase(ctx context.Context, caseID string) error {
	return s.d.Units.Do(ctx, func(ctx context.Context) error {
		files, err := s.d.Store.OfCase(ctx, caseID)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := s.d.Store.Remove(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Bounds of one Sweep.
const (
	sweepSize   = 500
	orphanAfter = time.Hour // longer than any upload takes
	orphanDays  = 7         // how far back orphans are looked for
)

// Sweep removes the content of files that were removed, and content of the last
// days that no file names, which a crash during an upload leaves. It is run
// regularly, by one replica or several.
func (s *Service) Sweep(ctx context.Context) error {
	gone, err := s.d.Store.Removals(ctx, sweepSize)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, b := range gone {
		if err := s.d.Blobs.Delete(ctx, b); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	if len(gone) > 0 {
		if err := s.d.Store.Removed(ctx, gone); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	now := s.now()
	for day := range orphanDays {
		if err := s.orphans(ctx, folder(now.AddDate(0, 0, -day)), now.Add(-orphanAfter)); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

// orphans removes what lies in a folder since before t and no file names.
func (s *Service) orphans(ctx context.Context, folder string, t time.Time) error {
	blobs, err := s.d.Blobs.Before(ctx, folder, t)
	if err != nil {
		return err
	}
	for len(blobs) > 0 {
		batch := blobs[:min(len(blobs), sweepSize)]
		blobs = blobs[len(batch):]
		known, err := s.d.Store.Known(ctx, batch)
		if err != nil {
			return err
		}
		for _, b := range batch {
			if known[b] {
				continue
			}
			if err := s.d.Blobs.Delete(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}
