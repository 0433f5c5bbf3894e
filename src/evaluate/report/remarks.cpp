// Remarks. The signs of gradient masking are those of Athalye, Carlini and Wagner 2018 (Obfuscated
// Gradients, section 3.1) and Carlini et al. 2019 (On Evaluating Adversarial Robustness).
#include "evaluate/report/remarks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "attack/catalog.h"
#include "core/number.h"
#include "evaluate/report/format.h"
#include "evaluate/sign_test.h"

namespace signflip::report {
namespace {

/// Counts beyond this come from no data set; numbers up to it are exact in a double.
constexpr std::uint64_t kMostImages = 1'000'000'000;

bool black_box(const Entry& entry) {
  const AttackEntry* const known = find_attack(entry.result->attack);
  return entry.attack() && known != nullptr && !known->needs_gradients();
}

/// Follows the gradient of what it attacks.
bool own_gradient(const Entry& entry) {
  const AttackEntry* const known = find_attack(entry.result->attack);
  return entry.attack() && known != nullptr && known->needs_gradients() &&
         entry.crafted_on == CraftedOn::own;
}

/// The same images and the same budget: what may be compared.
struct Comparable {
  std::string norm;
  std::optional<double> epsilon;
  ImageSet images;
  bool operator<(const Comparable& other) const {
    return std::tie(norm, epsilon, images) < std::tie(other.norm, other.epsilon, other.images);
  }
};

std::string budget_text(const Entry& entry) {
  return (entry.norm.empty() ? "" : norm_text(entry.norm) + " ") +
         "ε = " + epsilon_text(entry.epsilon.value_or(0.0));
}

/// Whether `less` survived on fewer images than `more`, by half an image at least.
bool leaves_less(const Entry& less, const Entry& more) {
  const double images = static_cast<double>(less.file->images.count.value_or(0));
  return (more.result->accuracy - less.result->accuracy) * images > 0.5;
}

/// Images that one of two attacks broke and the other did not. Where a file does not say which
/// images an attack broke, the counts that tell least.
Discordant discordant(const Entry& a, const Entry& b) {
  const bool same_images = a.file->seed == b.file->seed && a.file->images == b.file->images;
  if (same_images && !a.result->correct.empty() &&
      a.result->correct.size() == b.result->correct.size()) {
    return count_discordant(a.result->correct, b.result->correct);
  }
  const std::uint64_t images = std::min(a.file->images.count.value_or(0), kMostImages);
  const auto broken = [&](const Entry& entry) {
    return static_cast<std::uint64_t>(
        std::llround((1.0 - entry.result->accuracy) * static_cast<double>(images)));
  };
  return least_telling(broken(a), broken(b), images);
}

std::string alone_text(std::uint64_t images) {
  return images == 0 ? "none" : count_text(static_cast<double>(images));
}

class Collector {
 public:
  Collector(const Subject& subject, std::vector<Remark>& remarks)
      : subject_(subject), remarks_(remarks) {
    for (const Entry& entry : subject.entries) {
      if (!entry.attack() || entry.file->targeted) continue;
      if (entry.epsilon && entry.file->images.count) {
        comparable_[{entry.norm, entry.epsilon, entry.file->images}].push_back(&entry);
      }
    }
  }

  void collect() {
    for (const auto& [what, entries] : comparable_) masking(entries);
    sum_up_masking();
    larger_budget();
    weak_attacks();
    not_adaptive();
    contradictions();
    no_class();
    disagreements();
    rounding();
  }

 private:
  void warn(std::string_view kind, const std::string& title, const std::string& sentence,
            std::vector<std::string> findings = {}) {
    remarks_.push_back({.kind = kind,
                        .warning = true,
                        .title = title + ": " + subject_.label,
                        .sentence = sentence,
                        .findings = std::move(findings)});
  }

  std::string figure(const Entry& entry) const {
    return entry.label + " leaves " + percent(entry.result->accuracy);
  }

  /// Notes that `found` leaves less than an attack that should be stronger.
  void surpassed(const Entry& found, const Entry& gradient) {
    std::string finding = budget_text(found) + ", " + images_text(found.file->images) + ": " +
                          figure(found) + ", " + gradient.label +
                          (gradient.crafted_on == CraftedOn::own ? " on the model itself " : " ") +
                          percent(gradient.result->accuracy);
    const Discordant counts = discordant(found, gradient);
    if (found.file->seed == gradient.file->seed && !found.result->correct.empty() &&
        !gradient.result->correct.empty()) {
      finding += ", on the same images: " + alone_text(counts.first) +
                 " broken by the former alone, " + alone_text(counts.second) + " by the latter";
    }
    const bool chance = !beats(counts);
    if (chance) finding += " (a difference that chance can make on so few images)";
    // One step is weak on any model: that several steps elsewhere do more proves little.
    const bool weak = single_step(*gradient.result) && !single_step(*found.result);
    if (weak) finding += " (in a single step, which is weak on any model)";
    clear_sign_ = clear_sign_ || !(chance || weak);
    surpassed_.push_back(finding + ".");
  }

  void sum_up_masking() {
    if (surpassed_.empty()) return;
    remarks_.push_back(
        {.kind = "gradient-masking",
         .warning = clear_sign_,
         .title =
             (clear_sign_ ? "Sign of gradient masking: " : "Faint sign of gradient masking: ") +
             subject_.label,
         .sentence =
             std::string(
                 "Attacks that do without this model's gradient, or take one step along it, "
                 "leave less than attacks that follow it. ") +
             (clear_sign_ ? "This is a sign of gradient masking: the gradient misleads attacks, "
                            "rather than the model resisting them. Trust only the lowest figure."
                          : "This can be a sign of gradient masking, where the gradient misleads "
                            "attacks. More images, and pgd or apgd-ce with more steps and "
                            "restarts, would tell."),
         .findings = std::move(surpassed_)});
  }

  /// What needs no gradient of the model should not beat what has it.
  void masking(const std::vector<const Entry*>& entries) {
    const Entry* strongest = nullptr;
    for (const Entry* entry : entries) {
      if (own_gradient(*entry) && (strongest == nullptr || leaves_less(*entry, *strongest))) {
        strongest = entry;
      }
    }
    if (strongest == nullptr) return;
    for (const Entry* entry : entries) {
      if (black_box(*entry)) {
        if (leaves_less(*entry, *strongest)) surpassed(*entry, *strongest);
      } else if (entry->crafted_on != CraftedOn::own) {
        // The same attack on the model itself, else the strongest that there is.
        const Entry* own = strongest;
        for (const Entry* other : entries) {
          if (own_gradient(*other) && other->result->attack == entry->result->attack) own = other;
        }
        if (leaves_less(*entry, *own)) surpassed(*entry, *own);
      } else if (own_gradient(*entry) && single_step(*entry->result) &&
                 !single_step(*strongest->result)) {
        if (leaves_less(*entry, *strongest)) surpassed(*entry, *strongest);
      }
    }
  }

  /// The same attack with more room should find no less.
  void larger_budget() {
    std::map<std::tuple<std::string, std::string, ImageSet>, std::vector<const Entry*>> curves;
    for (const auto& [what, entries] : comparable_) {
      for (const Entry* entry : entries)
        curves[{what.norm, entry->label, what.images}].push_back(entry);
    }
    for (auto& [what, curve] : curves) {
      std::ranges::stable_sort(curve, {}, [](const Entry* e) { return *e->epsilon; });
      for (std::size_t i = 1; i < curve.size(); ++i) {
        const Entry &less = *curve[i - 1], &more = *curve[i];
        if (less.epsilon == more.epsilon || !leaves_less(less, more) ||
            !beats(discordant(less, more))) {
          continue;
        }
        warn(
            "rises-with-epsilon", "Accuracy rises with ε",
            more.label + " leaves " + percent(more.result->accuracy) + " at " + budget_text(more) +
                ", but " + percent(less.result->accuracy) +
                " at ε = " + epsilon_text(*less.epsilon) +
                ". An image within the smaller ε lies within the larger, too, so the attack fails "
                "to find what is there: a sign of gradient masking, or of training on exactly this "
                "attack and ε.");
        break;
      }
    }
  }

  void weak_attacks() {
    std::string steps;
    bool gradients = false, stronger = false;
    for (const Entry& entry : subject_.entries) {
      if (!own_gradient(entry)) continue;
      gradients = true;
      if (!single_step(*entry.result)) stronger = true;
      if (steps.find(entry.label) == std::string::npos)
        steps += (steps.empty() ? "" : ", ") + entry.label;
    }
    if (!gradients || stronger) return;
    warn("single-step", "Only single-step attacks",
         "The only attacks that followed this model's gradient take a single step (" + steps +
             "). They say little about robustness: iterated ones usually leave far less. Run pgd, "
             "apgd-ce or autoattack, too.");
  }

  void not_adaptive() {
    bool own = false, unaware = false, transferred = false;
    for (const Entry& entry : subject_.entries) {
      if (!entry.attack()) continue;
      own = own || entry.crafted_on == CraftedOn::own;
      unaware = unaware || entry.crafted_on == CraftedOn::gray_box;
      transferred = transferred || entry.crafted_on == CraftedOn::transferred;
    }
    if (own || !(unaware || transferred)) return;
    warn(
        "not-adaptive", "No attack that knows the model",
        std::string(unaware ? "All attacks ignored the defence in front of the model (gray-box)"
                            : "All images were crafted on other models") +
            ". An attacker who knows it does better: the figures are no measure of robustness. Run "
            "the same attacks " +
            (unaware ? "through the defence (not gray-box)." : "on the model itself."));
  }

  /// What is proved cannot be broken.
  void contradictions() {
    for (const CertificateEntry& proof : subject_.certificates) {
      for (const Entry& entry : subject_.entries) {
        if (!entry.attack() || entry.norm != proof.certificate->norm || !entry.epsilon ||
            *entry.epsilon > proof.certificate->epsilon ||
            entry.file->images != proof.file->images ||
            entry.file->model.sha256 != proof.file->model.sha256 || entry.file->denoiser ||
            !entry.file->images.count || !entry.file->transform.empty()) {
          continue;
        }
        const double images = static_cast<double>(*entry.file->images.count);
        if ((proof.certificate->verified_accuracy - entry.result->accuracy) * images < 0.5)
          continue;
        warn("contradiction", "Contradiction",
             "At ε = " + epsilon_text(proof.certificate->epsilon) + " " +
                 percent(proof.certificate->verified_accuracy) +
                 " of the images are verified, but " + figure(entry) + " at " + budget_text(entry) +
                 " on the same images. Both cannot be true: " +
                 "check that the files are about the same weights and images.");
      }
    }
  }

  void no_class() {
    std::vector<std::string> findings;
    for (const Entry& entry : subject_.entries) {
      const double images = entry.result->without_class.value_or(0.0);
      if (images > 0) findings.push_back(entry.label + ": " + count_text(images) + " images.");
    }
    if (findings.empty()) return;
    warn("no-class", "Answers that are no numbers",
         "For some images the model's logits are not all numbers. These images count as wrong.",
         std::move(findings));
  }

  void disagreements() {
    std::vector<std::string> findings;
    for (const Entry& entry : subject_.entries) {
      const std::string& told = entry.result->disagreement;
      if (!told.empty()) findings.push_back(entry.label + ": " + told + ".");
    }
    if (findings.empty()) return;
    warn("disagreement", "Figures that do not agree",
         "A result says two things about the same images: its file was changed after it was "
         "measured.",
         std::move(findings));
  }

  void rounding() {
    std::vector<std::string> findings;
    for (const Entry& entry : subject_.entries) {
      const auto& rounded = entry.result->accuracy_8bit;
      if (!entry.attack() || !rounded || *rounded - entry.result->accuracy < 0.05) continue;
      findings.push_back(figure(entry) + (entry.epsilon ? " at " + budget_text(entry) : "") +
                         ", but " + percent(*rounded) + " after rounding.");
    }
    if (findings.empty()) return;
    remarks_.push_back(
        {.kind = "rounding",
         .warning = false,
         .title = "Rounding undoes attacks: " + subject_.label,
         .sentence = "Some of what these attacks found has no effect once pixels are rounded to "
                     "8 bits, as in any ordinary picture.",
         .findings = std::move(findings)});
  }

  const Subject& subject_;
  std::vector<Remark>& remarks_;
  std::map<Comparable, std::vector<const Entry*>> comparable_;
  std::vector<std::string> surpassed_;
  bool clear_sign_ = false;
};

/// How exactly a fraction is known from a sample, once per dataset.
void sample_size(const DatasetGroup& group, std::vector<Remark>& remarks) {
  std::optional<std::uint64_t> smallest;
  for (const Subject& subject : group.subjects) {
    for (const Entry& entry : subject.entries) {
      const auto count = entry.file->images.count;
      if (count && *count > 0) smallest = std::min(smallest.value_or(*count), *count);
    }
  }
  if (!smallest || *smallest >= 1000) return;
  const double error = 1.96 * std::sqrt(0.25 / static_cast<double>(*smallest));
  remarks.push_back({.kind = "few-images",
                     .warning = false,
                     .title = "Few images: " + group.name,
                     .sentence = "Some figures rest on " + images_text({smallest, {}}) +
                                 ": an accuracy near 50% is then known to ±" + percent(error) +
                                 " (95% confidence), and one image is " +
                                 percent(1.0 / static_cast<double>(*smallest)) + ".",
                     .findings = {}});
}

void undone_epochs(const TrainingRun& run, std::vector<Remark>& remarks) {
  std::string epochs;
  std::size_t count = 0;
  for (const Epoch& epoch : run.epochs) {
    if (!epoch.undone || ++count > 20) continue;
    epochs += (epochs.empty() ? "" : ", ") + count_text(epoch.epoch);
  }
  if (count == 0) return;
  remarks.push_back(
      {.kind = "undone-epochs",
       .warning = false,
       .title = "Undone epochs: " + file_name(run.source),
       .sentence = (count == 1 ? "Epoch " : "Epochs ") + epochs + (count > 20 ? ", …" : "") +
                   (count == 1 ? " was" : " were") +
                   " undone: robust accuracy collapsed (catastrophic overfitting), and "
                   "training went back to the weights before.",
       .findings = {}});
}

}  // namespace

bool single_step(const AttackResult& result) {
  const AttackEntry* const known = find_attack(result.attack);
  if (known == nullptr || !known->needs_gradients()) return false;
  if (known->family != Family::fixed_budget) return false;
  const auto restarts = parse_decimal(result.parameter("restarts"));
  return result.attack == "fgsm" ||
         (result.parameter("steps") == "1" && restarts.value_or(1.0) <= 1.0);
}

std::vector<Remark> remarks(const ReportInput& input, const std::vector<DatasetGroup>& groups) {
  std::vector<Remark> all;
  for (const DatasetGroup& group : groups) {
    for (const Subject& subject : group.subjects) Collector(subject, all).collect();
    sample_size(group, all);
  }
  for (const TrainingRun& run : input.runs) undone_epochs(run, all);
  std::ranges::stable_sort(all, std::ranges::greater(), &Remark::warning);
  return all;
}

}  // namespace signflip::report
