// Architectures as JSON, in the form of model files' metadata and of --architecture FILE.json.
// Reads untrusted text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "nn/json.h"
#include "nn/json_view.h"
#include "nn/layers.h"

namespace signflip {

/// One layer's object; of a mark of a residual block only its type.
OrderedJson layer_to_json(const Layer& layer);

/// The first keys of a model file's metadata object: version, name and input.
OrderedJson architecture_head(std::string_view name, ImageShape input);

/// The metadata object of a model file: version, name, input, classes, normalise, layers.
OrderedJson architecture_to_json(const Architecture& architecture);

/// The reverse. `input` and `classes` may be absent; callers that need them check.
Result<Architecture> architecture_from_json(const JsonView& json);

/// The same from a file's text; errors begin with the file's `name`, and say where it is no JSON.
Result<Architecture> architecture_from_text(std::string_view text, const std::string& name);

/// The built-in architectures: see architecture_names().
Result<Architecture> named_architecture(std::string_view name, ImageShape input, int classes);

/// "s, m243, …", for help texts.
std::string architecture_names();

/// Name and description of each of them, for help texts.
struct ArchitectureSummary {
  std::string_view name, text;
};
std::span<const ArchitectureSummary> architecture_summaries();

}  // namespace signflip
