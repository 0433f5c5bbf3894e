// Escaping, elements and tables.
#include "evaluate/report/markup.h"

#include <algorithm>

#include "core/visible_text.h"

namespace signflip::report {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : visible_text(text, "\n\t")) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else if (c == '\'') {
      result += "&#39;";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

Markup Markup::trusted(std::string_view html) {
  Markup markup;
  markup.html_ = html;
  return markup;
}

Markup& Markup::operator+=(const Markup& more) {
  html_ += more.html_;
  return *this;
}

Markup text(std::string_view text) { return Markup::trusted(escaped(text)); }

Markup void_element(std::string_view name, Attributes attributes) {
  std::string html = "<" + std::string(name);
  for (const auto& [key, value] : attributes) {
    if (key.empty()) continue;
    html.append(" ").append(key).append("=\"").append(escaped(value)).append("\"");
  }
  return Markup::trusted(html + ">");
}

Markup element(std::string_view name, Attributes attributes, const Markup& content) {
  return void_element(name, attributes) + content + Markup::trusted("</" + std::string(name) + ">");
}

Markup element(std::string_view name, const Markup& content) { return element(name, {}, content); }

Markup folded(const Markup& summary, const Markup& content, bool open) {
  return element("details", {{open ? "open" : "", ""}}, element("summary", summary) + content) +
         Markup::trusted("\n");
}

Markup to_markup(const Table& table) {
  std::vector<bool> used(table.columns.size());
  for (const Table::Group& group : table.groups) {
    for (const Table::Row& row : group.rows) {
      for (std::size_t c = 0; c < std::min(used.size(), row.cells.size()); ++c) {
        if (!row.cells[c].empty()) used[c] = true;
      }
    }
  }
  const std::string width = std::to_string(std::ranges::count(used, true));
  Markup head;
  for (std::size_t c = 0; c < used.size(); ++c) {
    const std::string_view style = table.columns[c].number ? "number" : "words";
    if (used[c])
      head += element("th", {{"scope", "col"}, {"class", style}}, text(table.columns[c].title));
  }
  Markup all = element("caption", text(table.caption)) + element("thead", element("tr", head));
  for (const Table::Group& group : table.groups) {
    Markup rows;
    if (!group.heading.empty()) {
      rows += element("tr", {{"class", "heading"}},
                      element("th", {{"scope", "rowgroup"}, {"colspan", width}}, group.heading));
    }
    for (const Table::Row& row : group.rows) {
      Markup cells;
      for (std::size_t c = 0; c < std::min(used.size(), row.cells.size()); ++c) {
        if (!used[c]) continue;
        const std::string_view style = table.columns[c].number ? "number" : "words";
        cells += c == 0 ? element("th", {{"scope", "row"}, {"class", style}}, row.cells[c])
                        : element("td", {{"class", style}}, row.cells[c]);
      }
      rows += element("tr", {{row.style.empty() ? "" : "class", row.style}}, cells) +
              Markup::trusted("\n");
    }
    all += element("tbody", rows);
  }
  return element("div",
                 {{"class", "scroll"},
                  {"role", "region"},
                  {"tabindex", "0"},
                  {"aria-label", table.caption}},
                 element("table", all)) +
         Markup::trusted("\n");
}

}  // namespace signflip::report
