package sqlite

import "context"

// SetSchema marks a file as written by some other version.
func SetSchema(f *File, version int) error {
	return f.do(context.Background(), &job{run: func(w *writer) error {
		return w.exec("PRAGMA user_version=" + string([]byte{'0' + byte(version/10), '0' + byte(version%10)}))
	}})
}
