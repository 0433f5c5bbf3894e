#include "options.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "cli11.h"
#include "help.h"

namespace signflip::cli {

Option Option::required() const {
  option_->required();
  return *this;
}

Option Option::shows_default() const {
  option_->capture_default_str();
  return *this;
}

Option Option::default_text(const std::string& text) const {
  option_->default_str(text);
  return *this;
}

Option Option::one_of(std::initializer_list<const char*> values) const {
  option_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
  return *this;
}

Option Option::one_of(std::initializer_list<int> values) const {
  option_->check(CLI::IsMember(std::vector<int>(values)));
  return *this;
}

Option Option::between(int least, int most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::separated_by(char delimiter) const {
  option_->delimiter(delimiter);
  return *this;
}

Option Option::takes_one_each() const {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::explained_below() const {
  option_->group(kExplainedBelow);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& description,
                             const std::string& example) const {
  CLI::App* const command = app_->add_subcommand(name, description);
  command->footer("Examples:\n  " + example);
  return Command(*command);
}

template <class Value>
Option Command::add_option(const std::string& names, Value& value, const std::string& help) const {
  return Option(*app_->add_option(names, value, help));
}

// What options are read into.
template Option Command::add_option(const std::string&, std::string&, const std::string&) const;
template Option Command::add_option(const std::string&, int&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, float&, const std::string&) const;
template Option Command::add_option(const std::string&, double&, const std::string&) const;
template Option Command::add_option(const std::string&, std::optional<int>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<std::string>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<int>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<std::uint64_t>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<float>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<double>&,
                                    const std::string&) const;

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) const {
  return Option(*app_->add_flag(names, value, help));
}

Option Command::add_text_option(const std::string& names,
                                std::function<Status(const std::string&)> read,
                                const std::string& help) const {
  const auto take = [read = std::move(read)](const std::string& text) {
    const Status taken = read(text);
    if (!taken) throw CLI::ValidationError(taken.error().message);
  };
  return Option(*app_->add_option_function<std::string>(names, take, help));
}

void Command::begin_footer(const std::string& text) const {
  app_->footer(text + "\n" + app_->get_footer());
}

void Command::when_given(std::function<void()> act) const { app_->callback(std::move(act)); }

bool Command::has(const std::string& option) const { return app_->count(option) > 0; }

}  // namespace signflip::cli
