package files

// File is what a Folder writes.
type File = file

// CreateWith has files made by another function.
func (f *Folder) CreateWith(create func(dir string, usual func(dir string) (File, error)) (File, error)) {
	usual := f.create
	f.create = func(dir string) (file, error) { return create(dir, usual) }
}
