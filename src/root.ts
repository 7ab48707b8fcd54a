/** The package's own folder, where `sql/`, `templates/` and `openapi.yaml` lie: the parent of `src/` and of `dist/` alike. */
export const root = new URL('../', import.meta.url)
