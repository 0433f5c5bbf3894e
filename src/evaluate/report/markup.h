// HTML and SVG as text that is safe by type: only text(), element() and literals of ours become
// Markup, so nothing that was read from a file reaches the page unescaped.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signflip::report {

class Markup {
 public:
  Markup() = default;
  /// Only for literals of the program.
  static Markup trusted(std::string_view html);

  Markup& operator+=(const Markup& more);
  friend Markup operator+(Markup a, const Markup& b) { return std::move(a += b); }

  bool empty() const { return html_.empty(); }
  const std::string& html() const { return html_; }

 private:
  std::string html_;
};

/// Escapes &, <, >, " and '; what cannot be seen (control characters, direction marks, bytes that
/// are no UTF-8) is written out as visible_text() does, line feeds and tabs excepted.
Markup text(std::string_view text);

using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// <name attribute="value">content</name>. Names are literals; values are escaped, and an attribute
/// with the empty name is left out.
Markup element(std::string_view name, Attributes attributes, const Markup& content = {});
/// The same without attributes.
Markup element(std::string_view name, const Markup& content);
/// The same without content and end tag: <br>, <col>.
Markup void_element(std::string_view name, Attributes attributes);

/// A folded part with a summary.
Markup folded(const Markup& summary, const Markup& content, bool open = false);

/// A table with a caption, in a region of its own that scrolls where the page is too narrow.
struct Table {
  struct Column {
    std::string title;
    bool number = true;  ///< aligned to the right
  };
  struct Row {
    std::vector<Markup> cells;    ///< one per column; the first is the row's header
    std::string_view style = {};  ///< class, a literal
  };
  /// Rows under a heading of their own.
  struct Group {
    Markup heading;  ///< empty: none
    std::vector<Row> rows;
  };

  std::string caption;
  std::vector<Column> columns;
  std::vector<Group> groups;
};

/// Columns in which no row has content are left out.
Markup to_markup(const Table& table);

}  // namespace signflip::report
