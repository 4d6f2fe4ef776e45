/** An error in the form of the bridge's own: `{"error": text, "code": code}`. */
export function errorJson(status: number, code: string, error: string): Response {
  return Response.json({ error, code }, { status });
}
