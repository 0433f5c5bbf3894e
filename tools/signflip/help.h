// How help is laid out: 80 columns, two of them for options, no word broken.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
}  // namespace CLI

namespace signflip::cli {

/// The group of options that help_formatter() leaves out: the command's footer explains them.
inline constexpr const char* kExplainedBelow = "Explained below";

/// How many columns a terminal needs: the characters of UTF-8.
std::size_t columns(const std::string& text);

/// `text` in lines of at most 80 columns, all but the first behind `indent` blanks. Words longer
/// than a line stay whole.
std::string wrapped(const std::string& text, std::size_t indent = 0);

/// A row of two columns: a name, and what it is.
std::string help_row(const std::string& name, const std::string& text);

std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace signflip::cli
