#include "plans.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "core/number.h"

namespace signflip::cli {
namespace {

constexpr std::size_t kMostValues = 1000;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

Error wrong_epsilon(const std::string& text, const std::string& expected) {
  return {"--epsilon is '" + text + "', expected " + expected};
}

/// A value of a range, with the few digits of a decimal step where it is one: 0.025 rather than
/// 0.024999999999999998.
std::string value_text(double value) {
  char few[32];
  std::snprintf(few, sizeof few, "%.10g", value);
  const double apart = std::fabs(parse_decimal(few).value_or(0.0) - value);
  return apart <= 1e-15 * std::fabs(value) ? few : number_text(value);
}

Result<std::vector<std::string>> range_values(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  const auto wrong = [&] { return wrong_epsilon(text, "a range FROM:TO:COUNT such as 0:0.3:13"); };
  if (parts.size() != 3) return wrong();
  const auto from = parse_number(parts[0]), to = parse_number(parts[1]);
  std::size_t count = 0;
  const char* const end = parts[2].data() + parts[2].size();
  const auto [stop, error] = std::from_chars(parts[2].data(), end, count);
  if (!from || !to || error != std::errc() || stop != end) return wrong();
  if (count < 2 || count > kMostValues) return wrong_epsilon(text, "a range of 2 to 1000 values");
  std::vector<std::string> values;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(i == 0 ? parts[0] : value_text(*from + (*to - *from) * share));
  }
  values.push_back(parts[1]);
  return values;
}

bool suits(const AttackEntry& attack, std::optional<int> goal) {
  return goal ? attack.targeted() : attack.untargeted();
}

/// The names in the list, with those that "all" stands for.
std::vector<std::string> attack_list(const std::string& text, std::optional<int> goal) {
  std::vector<std::string> names;
  for (const std::string& name : split(text, ',')) {
    if (name != "all") {
      names.push_back(name);
      continue;
    }
    names.emplace_back("clean");
    for (const AttackEntry& attack : catalog()) {
      if (suits(attack, goal)) names.emplace_back(attack.name);
    }
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> epsilon_values(const std::string& text) {
  if (text.find(':') != std::string::npos) return range_values(text);
  std::vector<std::string> values = split(text, ',');
  if (values.size() > kMostValues) return wrong_epsilon(text, "at most 1000 values");
  for (const std::string& value : values) {
    if (!parse_number(value)) {
      return wrong_epsilon(text, "a number such as 0.3 or 8/255, a list of them or a range");
    }
  }
  return values;
}

Result<std::vector<Plan>> make_plans(const std::string& attacks, const AttackOptions& options,
                                     std::optional<int> goal,
                                     std::span<const std::uint64_t> seeds) {
  std::vector<std::string> epsilons = {""};
  if (options.is_given("epsilon")) {
    auto values = epsilon_values(options.given("epsilon"));
    if (!values) return values.error();
    epsilons = std::move(*values);
  }
  std::vector<Plan> plans;
  std::vector<const AttackEntry*> entries;
  for (const std::string& name : attack_list(attacks, goal)) {
    if (name == "clean") {
      plans.push_back({.clean = true, .request = {}, .names_seed = false});
      continue;
    }
    const auto attack = require_attack(name);
    if (!attack) return attack.error();
    if (!suits(**attack, goal)) {
      return Error{"--attacks names " + name +
                   (goal ? ", which cannot aim at a class: leave out --target"
                         : ", which needs a class to aim at: give --target")};
    }
    entries.push_back(*attack);
    const bool sweeps = AttackOptions::has_parameter(**attack, "epsilon");
    for (const std::string& epsilon : std::span(epsilons).first(sweeps ? epsilons.size() : 1)) {
      auto parameters = options.parameters(**attack, epsilon);
      if (!parameters) return parameters.error();
      AttackRequest request;
      request.attack = *attack;
      request.parameters = std::move(*parameters);
      for (const std::uint64_t seed : seeds) {
        request.seed = seed;
        plans.push_back({.clean = false, .request = request, .names_seed = seeds.size() > 1});
      }
    }
  }
  // Attacks without a budget are judged at epsilon.
  const bool judged = std::ranges::any_of(
      entries, [](const AttackEntry* attack) { return attack->family == Family::minimum_norm; });
  const Status used = options.check_all_used(entries, judged ? "epsilon" : "");
  if (!used) return used.error();
  return plans;
}

Result<std::vector<double>> epsilons_of(const AttackOptions& options) {
  std::vector<double> radii;
  if (!options.is_given("epsilon")) return radii;
  const auto values = epsilon_values(options.given("epsilon"));
  if (!values) return values.error();
  for (const std::string& value : *values) {
    const double radius = parse_number(value).value_or(-1.0);
    if (!(radius >= 0.0)) return wrong_epsilon(value, "a number from 0 up");
    radii.push_back(radius);
  }
  return radii;
}

std::vector<Budget> budgets_of(std::span<const Plan> plans) {
  std::vector<Budget> budgets;
  for (const Plan& plan : plans) {
    if (plan.clean || !plan.request.parameters.has("epsilon")) continue;
    const Budget budget{std::string(norm_of(*plan.request.attack, plan.request.parameters)),
                        plan.request.parameters.real("epsilon")};
    if (std::ranges::find(budgets, budget) == budgets.end()) budgets.push_back(budget);
  }
  return budgets;
}

bool differ_in_epsilon(std::span<const Plan> plans) {
  std::optional<double> epsilon;
  for (const Plan& plan : plans) {
    if (plan.clean || !plan.request.parameters.has("epsilon")) continue;
    const double own = plan.request.parameters.real("epsilon");
    if (epsilon && *epsilon != own) return true;
    epsilon = own;
  }
  return false;
}

OrderedJson to_json(const Plan& plan) {
  if (plan.clean) return {{"attack", "clean"}};
  OrderedJson json = {{"attack", plan.request.attack->name}, {"seed", plan.request.seed}};
  const Parameters& parameters = plan.request.parameters;
  for (std::size_t i = 0; i < parameters.specs().size(); ++i) {
    json[std::string(parameters.specs()[i].name)] = number_text(parameters.values()[i]);
  }
  return json;
}

}  // namespace signflip::cli
