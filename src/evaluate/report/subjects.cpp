#include "evaluate/report/subjects.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "attack/catalog.h"
#include "core/concat.h"
#include "core/number.h"
#include "data/dataset.h"
#include "evaluate/report/format.h"

namespace signflip::report {
namespace {

std::string subject_label(const Measurement& file, const ReportInput& input) {
  std::string label = model_label(file.model, input);
  if (file.denoiser) label += " behind " + model_label(*file.denoiser, input);
  if (!file.transform.empty()) label += " behind " + file.transform;
  return label;
}

/// Whether a parameter, as JSON has it, is the catalogue's default.
bool is_default(const ParameterSpec& spec, const std::string& value) {
  if (spec.kind == ParameterKind::boolean)
    return value == (spec.fallback != 0.0 ? "true" : "false");
  if (spec.kind == ParameterKind::choice) {
    const auto index = static_cast<std::size_t>(spec.fallback);
    return index < spec.choices.size() && value == spec.choices[index];
  }
  return parse_decimal(value) == spec.fallback;
}

/// "40 steps, 5 restarts": how much was tried, and what differs from the defaults.
std::string details(const AttackResult& result, const AttackEntry* attack) {
  std::string details;
  for (const auto& [name, value] : result.parameters) {
    std::string said = concat(name, " ", value);
    if (name == "norm" || result.chose(name)) continue;
    if (name == "steps" || name == "max-queries") {
      const auto number = parse_decimal(value);
      said = (number ? count_text(number) : value) + (name == "steps" ? " steps" : " queries");
    } else if (attack != nullptr) {
      const auto spec = std::ranges::find(attack->parameters, name, &ParameterSpec::name);
      if (spec != attack->parameters.end() && is_default(*spec, value)) continue;
    }
    details += ", " + said;
  }
  return details;
}

std::string attack_title(const std::string& name) {
  const AttackEntry* const known = find_attack(name);
  return known != nullptr ? std::string(known->title) : name;
}

std::string worst_label(const Measurement& file) {
  std::vector<std::string> titles;
  for (const AttackResult& result : file.results) {
    if (result.attack == "clean" || result.attack == "worst") continue;
    // In a sweep an attack is there for each ε and seed; the worst is of each attack once.
    const std::string title = attack_title(result.attack);
    if (std::ranges::find(titles, title) == titles.end()) titles.push_back(title);
  }
  if (titles.size() > 5) return "Worst of " + std::to_string(titles.size()) + " attacks";
  std::string label;
  for (const std::string& title : titles) label += (label.empty() ? "Worst of " : ", ") + title;
  return label.empty() ? "Worst" : label;
}

std::string entry_label(const Entry& entry, const ReportInput& input) {
  const AttackResult& result = *entry.result;
  if (entry.clean()) return "None (clean)";
  std::string label =
      entry.worst() ? worst_label(*entry.file)
                    : attack_title(result.attack) + details(result, find_attack(result.attack));
  if (result.seed) label += ", seed " + std::to_string(*result.seed);
  if (entry.file->targeted) label += ", targeted";
  if (entry.crafted_on == CraftedOn::transferred) {
    label += ", crafted on " + model_label(*entry.file->from, input);
  }
  if (entry.crafted_on == CraftedOn::gray_box) label += ", gray-box";
  const bool through = entry.crafted_on == CraftedOn::own;
  if (through && entry.file->transform_gradient == "own") label += ", the transform's own gradient";
  return label;
}

/// The norm and ε that all attacks of the file share.
void set_shared_budget(Entry& entry) {
  bool first = true;
  for (const AttackResult& result : entry.file->results) {
    if (result.attack == "clean" || result.attack == "worst") continue;
    if (first) {
      entry.norm = result.norm;
      entry.epsilon = result.epsilon;
      first = false;
    } else if (result.norm != entry.norm || result.epsilon != entry.epsilon) {
      entry.norm.clear();
      entry.epsilon.reset();
      return;
    }
  }
}

Entry make_entry(const Measurement& file, const AttackResult& result, const ReportInput& input) {
  Entry entry{&file, &result, CraftedOn::own, result.norm, result.epsilon, {}};
  if (!entry.clean()) {
    if (file.gray_box) entry.crafted_on = CraftedOn::gray_box;
    if (file.from) entry.crafted_on = CraftedOn::transferred;
  }
  if (entry.worst() && !entry.epsilon) set_shared_budget(entry);  // older files do not say
  entry.label = entry_label(entry, input);
  return entry;
}

template <class T, class Same>
T& find_or_add(std::vector<T>& all, const Same& same, T fresh) {
  const auto found = std::ranges::find_if(all, same);
  return found != all.end() ? *found : all.emplace_back(std::move(fresh));
}

}  // namespace

std::string model_label(const ModelReference& model, const ReportInput& input) {
  const std::string name = model_name(model.file);
  const auto another = [&](const ModelReference& other) {
    return model_name(other.file) == name && other.sha256 != model.sha256;
  };
  const bool ambiguous = std::ranges::any_of(input.measurements, [&](const Measurement& file) {
    return another(file.model) || (file.denoiser && another(*file.denoiser)) ||
           (file.from && another(*file.from));
  });
  return ambiguous && !model.sha256.empty() ? name + " " + model.sha256.substr(0, 8) : name;
}

const Entry* Subject::clean(const ImageSet& images) const {
  const auto found = std::ranges::find_if(
      entries, [&](const Entry& entry) { return entry.clean() && entry.file->images == images; });
  return found != entries.end() ? &*found : nullptr;
}

std::vector<std::string> class_names_of(const Measurement& file, std::size_t classes) {
  if (file.classes.size() == classes) return file.classes;
  return known_class_names(file.dataset, static_cast<int>(classes));
}

std::vector<DatasetGroup> group_by_subject(const ReportInput& input) {
  std::vector<DatasetGroup> groups;
  // What tells entries apart; then how often it appeared, and the figures seen.
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string,
                         std::optional<double>, ImageSet>;
  std::map<Key, std::vector<std::pair<double, std::optional<double>>>> seen;
  for (const Measurement& file : input.measurements) {
    DatasetGroup& group = find_or_add(
        groups,
        [&](const DatasetGroup& g) { return g.name == file.dataset && g.split == file.split; },
        DatasetGroup{file.dataset, file.split, {}});
    const std::string label = subject_label(file, input);
    Subject& subject = find_or_add(
        group.subjects, [&](const Subject& s) { return s.label == label; }, Subject{label, {}, {}});
    for (const AttackResult& result : file.results) {
      Entry entry = make_entry(file, result, input);
      auto& figures = seen[{file.dataset, file.split, label, entry.label, entry.norm, entry.epsilon,
                            file.images}];
      const std::pair figure{result.accuracy, result.loss};
      if (std::ranges::find(figures, figure) != figures.end()) continue;
      if (!figures.empty()) entry.label += " (" + file_name(file.source) + ")";
      figures.push_back(figure);
      subject.entries.push_back(std::move(entry));
    }
    for (const Certificate& certificate : file.certificates) {
      const bool repeated =
          std::ranges::any_of(subject.certificates, [&](const CertificateEntry& other) {
            return other.file->images == file.images &&
                   other.certificate->method == certificate.method &&
                   other.certificate->norm == certificate.norm &&
                   other.certificate->epsilon == certificate.epsilon &&
                   other.certificate->verified_accuracy == certificate.verified_accuracy;
          });
      if (!repeated) subject.certificates.push_back({&file, &certificate});
    }
  }
  return groups;
}

}  // namespace signflip::report
