package keys

import (
	"context"
	"fmt"
)

// rewrapBatch is how many persons' keys one unit of work wraps anew.
const rewrapBatch = 500

const signersToRewrap = `
SELECT name, kid, wrapped
FROM keys_signers
ORDER BY name, kid`

const rewrapSigner = `
UPDATE keys_signers
SET wrapped = $3
WHERE name = $1 AND kid = $2`

const personsToRewrap = `
SELECT person_id, wrapped
FROM keys_persons
WHERE person_id > $1 AND wrapped IS NOT NULL
ORDER BY person_id
LIMIT $2`

const rewrapPerson = `
UPDATE keys_persons
SET wrapped = $3
WHERE person_id = $1 AND wrapped = $2`

// Rewrap wraps every stored key that lies under another wrapping key than the
// first one anew, and returns how many those were. It may be stopped and run
// again, beside replicas that all know the first wrapping key. Only what SealShared
// sealed before there was a shared key stays under the wrapping key that it is under.
func (r *Ring) Rewrap(ctx context.Context) (int, error) {
	n, err := r.rewrapSigners(ctx)
	if err != nil {
		return 0, fmt.Errorf("rewrap: %w", err)
	}
	for last := ""; ; {
		var some int
		var next string
		err := r.db.Do(ctx, func(ctx context.Context) (err error) {
			some, next, err = r.rewrapPersons(ctx, last)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("rewrap: %w", err)
		}
		n += some
		if next == "" {
			return n, nil
		}
		last = next
	}
}

// stored is a key as a table has it.
type stored struct {
	name, id string
	wrapped  []byte
}

func (r *Ring) rewrapSigners(ctx context.Context) (n int, err error) {
	err = r.db.Do(ctx, func(ctx context.Context) error {
		n = 0
		rows, err := r.db.Query(ctx, signersToRewrap)
		if err != nil {
			return err
		}
		defer rows.Close()
		var all []stored
		for rows.Next() {
			var k stored
			if err := rows.Scan(&k.name, &k.id, &k.wrapped); err != nil {
				return err
			}
			all = append(all, k)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, k := range all {
			again, ok, err := r.master.rewrap("signer\x00"+k.name, k.wrapped)
			if err != nil {
				return fmt.Errorf("signer %s: %w", k.name, err)
			}
			if !ok {
				continue
			}
			if _, err := r.db.Exec(ctx, rewrapSigner, k.name, k.id, again); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// rewrapPersons sees to the persons after last in the unit of ctx. next is the
// last of them, "" when there are no more.
func (r *Ring) rewrapPersons(ctx context.Context, last string) (n int, next string, err error) {
	rows, err := r.db.Query(ctx, personsToRewrap, last, rewrapBatch)
	if err != nil {
		return 0, "", err
	}
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var k stored
		if err := rows.Scan(&k.id, &k.wrapped); err != nil {
			return 0, "", err
		}
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		return 0, "", err
	}
	for _, k := range all {
		again, ok, err := r.master.rewrap("person\x00"+k.id, k.wrapped)
		if err != nil {
			return 0, "", fmt.Errorf("a person's key: %w", err)
		}
		if !ok {
			continue
		}
		if _, err := r.db.Exec(ctx, rewrapPerson, k.id, k.wrapped, again); err != nil {
			return 0, "", err
		}
		n++
	}
	if len(all) == rewrapBatch {
		next = all[len(all)-1].id
	}
	return n, next, nil
}
