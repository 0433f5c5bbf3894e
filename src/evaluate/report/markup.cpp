// Escaping, elements and tables.
#include "evaluate/report/markup.h"

#include <algorithm>

namespace signflip::report {
namespace {

/// The length of the UTF-8 sequence that begins at `at`, or 0 where it is none (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(length, 1));
    at += sequence.size();
    const auto code = static_cast<unsigned char>(sequence[0]);
    const bool control =
        length == 1 && (code == 0x7F || (code < 0x20 && code != '\n' && code != '\t'));
    const bool late_control =
        length == 2 && code == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
    if (length == 0 || control || late_control) {
      result += kReplacement;
    } else if (code == '&') {
      result += "&amp;";
    } else if (code == '<') {
      result += "&lt;";
    } else if (code == '>') {
      result += "&gt;";
    } else if (code == '"') {
      result += "&quot;";
    } else if (code == '\'') {
      result += "&#39;";
    } else {
      result += sequence;
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
