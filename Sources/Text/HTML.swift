/// Text within a page.
public enum HTML {
  /// Nothing in it begins a tag, a name of a sign, or the end of an attribute.
  public static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
