// Sorts results by what they are about: a dataset, a model with its defence on it, and every attack
// on that, whichever files they came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/report/input.h"

namespace signflip::report {

/// What the images of an attack were crafted with.
enum class CraftedOn {
  own,          ///< the model as it is attacked, defence and all
  gray_box,     ///< the model without the defence in front of it
  transferred,  ///< another model
};

/// One attack (or none) on a subject.
struct Entry {
  const Measurement* file = nullptr;
  const AttackResult* result = nullptr;
  CraftedOn crafted_on = CraftedOn::own;
  /// As the result has it; for "worst" what all attacks of its file share, if they do.
  std::string norm;
  std::optional<double> epsilon;
  std::string label;  ///< "PGD, 40 steps, crafted on mnist-standard"

  bool clean() const { return result->attack == "clean"; }
  bool worst() const { return result->attack == "worst"; }
  /// A single attack: neither clean nor the worst of several.
  bool attack() const { return !clean() && !worst(); }
};

struct CertificateEntry {
  const Measurement* file = nullptr;
  const Certificate* certificate = nullptr;
};

/// A model, perhaps with a defence in front, on one split of one dataset.
struct Subject {
  std::string label;  ///< "mnist-mixed behind mnist-denoiser"
  std::vector<Entry> entries;
  std::vector<CertificateEntry> certificates;

  /// The clean entry over these images, if there is one.
  const Entry* clean(const ImageSet& images) const;
};

/// All subjects of one split of one dataset.
struct DatasetGroup {
  std::string name, split;
  std::vector<Subject> subjects;
};

/// In the order in which they first appear. A result that repeats another (the same attack on the
/// same images with the same accuracy and loss) is left out. The pointers are into `input`.
std::vector<DatasetGroup> group_by_subject(const ReportInput& input);

/// The names of so many classes: the file's, where it has them, else those of a known dataset or
/// numbers.
std::vector<std::string> class_names_of(const Measurement& file, std::size_t classes);

/// "mnist-mixed", with the start of its SHA-256 where another model of that name is in the input.
std::string model_label(const ModelReference& model, const ReportInput& input);

}  // namespace signflip::report
