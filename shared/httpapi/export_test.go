package httpapi

import "lianban/shared/approval"

// Patterns are the routes as the mux has them.
func (a *API) Patterns() []string { return a.mux.patterns }

// DocumentYAML is the generated document.
func (a *API) DocumentYAML() []byte {
	text, err := a.documentYAML()
	if err != nil {
		panic(err)
	}
	return text
}

// Operations are the routes as the document has them, with the metadata that
// marks those which need a key.
func (a *API) Operations() map[string]bool {
	all := map[string]bool{}
	for path, item := range a.huma.OpenAPI().Paths {
		if item.Get != nil {
			all["GET "+path] = false
		}
		if item.Delete != nil {
			all["DELETE "+path] = false
		}
		if item.Put != nil {
			all["PUT "+path] = false
		}
		if item.Post != nil {
			_, needs := item.Post.Metadata[keyed]
			all["POST "+path] = needs
		}
	}
	return all
}

// Seal and Open are the cursors of a key.
func Seal(key []byte, query string, cursor approval.Cursor) string {
	return cursors{key}.seal(query, cursor)
}

func Open(key []byte, query, sealed string) (approval.Cursor, error) {
	return cursors{key}.open(query, sealed)
}

// Decode reads a body's JSON, or says what is wrong with it.
func Decode(body []byte) (any, error) { return decode(body) }

// Expected reads an If-Match header.
func Expected(header string) (int64, error) { return expected(header) }
