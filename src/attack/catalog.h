// The list of all attacks: what each is called, needs and costs, and how to run it. Everything that
// shows or names attacks (command line, page, reports) reads it from here.
//
// To add an attack: a file of its own in methods/ that defines its AttackEntry, declared in its
// header, and one line in catalog.cpp.
#pragma once

#include <span>
#include <string_view>

#include "attack/parameters.h"
#include "core/result.h"

namespace signflip {

struct Climb;
struct Shard;

/// fixed_budget: epsilon in, the worst image within it out; the runner projects.
/// minimum_norm: the smallest perturbation that succeeds; no budget.
/// few_pixels: as minimum_norm, counted in pixels.
/// ensemble: several fixed-budget attacks in turn.
enum class Family { fixed_budget, minimum_norm, few_pixels, ensemble };

/// Which wrong class an attack can be asked for: any (untargeted), a given one (targeted).
enum class Goals { untargeted, targeted, either };

/// What an attack sees of the model: gradients and logits, or logits alone (a black box).
enum class Access { gradients, logits };

/// What it is, then what it says of itself, then how it runs.
struct AttackEntry {
  std::string_view name;   ///< "apgd-ce"
  std::string_view title;  ///< "APGD-CE"
  std::string_view paper;  ///< "Croce and Hein 2020, arXiv:2003.01690"
  std::string_view norm;   ///< "linf", "l2" or "l0"; a parameter "norm" overrides it: norm_of()
  Family family = Family::fixed_budget;
  Goals goals = Goals::either;
  Access access = Access::gradients;
  std::string_view summary;  ///< one sentence for learners; with title and help the only English
                             ///< text of the page
  std::string_view cost;     ///< gradients and queries per image, in words
  std::span<const ParameterSpec> parameters;
  /// Works on a few images of one thread. May leave early where shard.tick() says so; the runner
  /// projects, clips and judges whatever is in shard.adversarial.
  void (*run)(Shard& shard) = nullptr;
  /// Whether it draws random numbers with these parameters, so that a seed has an effect.
  bool (*random)(const Parameters& parameters) = nullptr;
  /// The attack as a climb (climb.h), which devices run too; null where it is none.
  Climb (*climb)(const Parameters& parameters) = nullptr;

  bool targeted() const { return goals != Goals::untargeted; }
  bool untargeted() const { return goals != Goals::targeted; }
  bool needs_gradients() const { return access == Access::gradients; }
};

/// All attacks, in the order in which a menu should show them.
std::span<const AttackEntry> catalog();

/// The entry of that name, or nullptr.
const AttackEntry* find_attack(std::string_view name);
/// The same, but an error that lists the known names instead of nullptr.
Result<const AttackEntry*> require_attack(std::string_view name);

/// Whether a seed has an effect on the attack with these parameters.
inline bool is_random(const AttackEntry& attack, const Parameters& parameters) {
  return attack.random(parameters);
}

/// The norm that the attack is bounded by, or makes small, with these parameters.
std::string_view norm_of(const AttackEntry& attack, const Parameters& parameters);

/// "fixed-budget", "minimum-norm", "few-pixels" or "ensemble".
std::string_view family_name(Family family);

}  // namespace signflip
