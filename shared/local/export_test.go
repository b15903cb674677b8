package local

import "lianban/shared/store/files"

// Files is where the app keeps attachments.
func (a *App) Files() *files.Folder { return a.papers }
