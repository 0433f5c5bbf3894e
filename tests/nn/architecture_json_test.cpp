// Architectures as JSON: the round trip, the short forms, and an error for everything that is not
// an architecture.
#include "nn/architecture_json.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

Result<Architecture> read(const std::string& text) {
  return architecture_from_json(JsonView(text));
}

std::string refusal(const std::string& text) {
  const auto architecture = read(text);
  return architecture ? "it is an architecture" : architecture.error().message;
}

std::string refusal_of_layer(const std::string& layer) {
  return refusal(R"({"layers": [{"type": "relu"}, )" + layer + "]}");
}

TEST(ArchitectureJson, RoundTripsEverything) {
  Architecture architecture;
  architecture.name = "all – of \"it\"";
  architecture.input = {5, 6, 2};
  architecture.classes = {"Tempo 30", "Überholverbot", ""};
  architecture.mean = {0.1307F, 0.5F};
  architecture.deviation = {0.3081F, 0.25F};
  architecture.layers = {Conv2d{3, {2, 4}, {1, 2}, {0, 1}},
                         BatchNorm2d{},
                         BatchNorm2d{{0.25F, false}},
                         Relu{},
                         MaxPool2d{{2, 1}, {1, 2}},
                         Upsample2d{{2, 3}},
                         Sigmoid{},
                         Flatten{},
                         Dropout{0.25F},
                         Dense{3},
                         BatchNorm1d{},
                         BatchNorm1d{{1e-3F, true}},
                         LeakyRelu{},
                         LeakyRelu{0.25F},
                         Tanh{},
                         Gelu{},
                         Silu{},
                         Hardtanh{},
                         Hardtanh{0.0F, 6.0F},
                         AvgPool2d{{2, 3}, {1, 2}, {1, 0}, false},
                         AdaptiveAvgPool2d{{1, 2}},
                         ClippedRelu{},
                         ClippedRelu{Ceilings::layer},
                         ClippedRelu{Ceilings::channel},
                         ClippedRelu{Ceilings::neuron},
                         ContrastNormalise{},
                         ContrastNormalise{0.5F}};
  const OrderedJson json = architecture_to_json(architecture);
  const auto back = read(json.dump());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->name, architecture.name);
  EXPECT_EQ(back->input, architecture.input);
  EXPECT_EQ(back->classes, architecture.classes);
  EXPECT_EQ(back->mean, architecture.mean);
  EXPECT_EQ(back->deviation, architecture.deviation);
  EXPECT_EQ(back->layers, architecture.layers);
  EXPECT_EQ(architecture_to_json(*back).dump(), json.dump());
}

TEST(ArchitectureJson, ConvolutionsKeepWhatIsNotUsual) {
  Architecture architecture;
  architecture.layers = {Conv2d{.filters = 4, .kernel = {3, 3}, .same = true, .bias = false},
                         Conv2d{.filters = 4, .kernel = {3, 3}, .dilation = {2, 3}, .groups = 4}};
  const OrderedJson json = architecture_to_json(architecture);
  EXPECT_EQ(json["layers"].dump(),
            R"([{"type":"conv2d","filters":4,"kernel":[3,3],"stride":[1,1],"padding":"same",)"
            R"("bias":false},{"type":"conv2d","filters":4,"kernel":[3,3],"stride":[1,1],)"
            R"("padding":[0,0],"dilation":[2,3],"groups":4}])");
  const auto back = read(json.dump());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->layers, architecture.layers);
  const auto usual = read(R"({"layers": [{"type": "conv2d", "filters": 1, "kernel": 3,
    "padding": 0, "dilation": 1, "groups": 1, "bias": true}]})");
  ASSERT_TRUE(usual) << usual.error().message;
  EXPECT_EQ(usual->layers, (std::vector<Layer>{Conv2d{.filters = 1, .kernel = {3, 3}}}));
}

TEST(ArchitectureJson, ABatchNormOfAFlatInputKeepsItsKeysUnderItsOtherName) {
  const auto architecture = read(R"({"layers": [{"type": "flatten"},
    {"type": "batchnorm2d", "eps": 0.25, "affine": false}]})");
  ASSERT_TRUE(architecture) << architecture.error().message;
  EXPECT_EQ(architecture->layers[1], Layer(BatchNorm1d{{0.25F, false}}));
}

TEST(ArchitectureJson, WritesOnlyWhatIsNotPyTorchsDefault) {
  Architecture architecture;
  architecture.layers = {BatchNorm2d{}, BatchNorm2d{{0.5F, false}}, LeakyRelu{}, LeakyRelu{0.25F},
                         Hardtanh{},    Hardtanh{-1.0F, 6.0F}};
  EXPECT_EQ(architecture_to_json(architecture)["layers"].dump(),
            R"([{"type":"batchnorm2d"},{"type":"batchnorm2d","eps":0.5,"affine":false},)"
            R"({"type":"leaky_relu"},{"type":"leaky_relu","slope":0.25},{"type":"hardtanh"},)"
            R"({"type":"hardtanh","max_val":6.0}])");
}

TEST(ArchitectureJson, ResidualBlocksAreNestedLists) {
  const std::string text =
      R"({"version":1,"name":"","input":{"height":0,"width":0,"channels":0},"layers":[)"
      R"({"type":"residual","body":[{"type":"relu"},{"type":"residual","body":[)"
      R"({"type":"sigmoid"}],"shortcut":[]}],"shortcut":[{"type":"dropout","rate":0.5}]},)"
      R"({"type":"flatten"}]})";
  const auto architecture = read(text);
  ASSERT_TRUE(architecture) << architecture.error().message;
  EXPECT_EQ(
      architecture->layers,
      (std::vector<Layer>{kResidualBegin, Relu{}, kResidualBegin, Sigmoid{}, kResidualTurn,
                          kResidualEnd, kResidualTurn, Dropout{0.5F}, kResidualEnd, Flatten{}}));
  EXPECT_EQ(architecture_to_json(*architecture).dump(), text);
  const auto shortest = read(R"({"layers": [{"type": "residual", "body": [{"type": "relu"}]}]})");
  ASSERT_TRUE(shortest) << shortest.error().message;
  EXPECT_EQ(shortest->layers,
            (std::vector<Layer>{kResidualBegin, Relu{}, kResidualTurn, kResidualEnd}));
}

TEST(ArchitectureJson, NamesTheLayerOfAResidualBlockThatIsWrong) {
  EXPECT_EQ(refusal_of_layer(R"({"type": "residual"})"), "layer 1: residual needs a list body");
  EXPECT_EQ(refusal_of_layer(R"({"type": "residual", "body": {"type": "relu"}})"),
            "layer 1: residual needs a list body");
  EXPECT_EQ(refusal_of_layer(
                R"({"type": "residual", "body": [{"type": "relu"}], "shortcut": "identity"})"),
            "layer 1: residual needs a list shortcut");
  EXPECT_EQ(refusal_of_layer(R"({"type": "residual", "body": [{"type": "relu"}], "scale": 0.1})"),
            "layer 1: residual has an unknown key 'scale'; known are type, body and shortcut");
  EXPECT_EQ(refusal_of_layer(R"({"type": "residual", "body": [{"type": "relu"}, {"type": "residual",
                "body": [{"type": "dense"}]}]})"),
            "layer 1.body.1.body.0: units is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "residual", "body": [{"type": "relu"}],
                "shortcut": [{"type": "relu", "inplace": true}]})"),
            "layer 1.shortcut.0: relu has an unknown key 'inplace'; known are type");
  for (const std::string mark : {"shortcut", "add"}) {  // these are ours, not the format's
    EXPECT_EQ(refusal_of_layer(R"({"type": ")" + mark + "\"}").substr(0, 19 + mark.size()),
              "layer 1: type is \"" + mark + "\"");
  }
}

TEST(ArchitectureJson, ReadsTheContractsExample) {
  const auto architecture = read(R"({"version": 1, "name": "mnist-normal",
    "input": {"height": 28, "width": 28, "channels": 1}, "classes": ["0", "1"],
    "normalise": {"mean": [0.1307], "std": [0.3081]},
    "layers": [{"type": "conv2d", "filters": 16, "kernel": [4, 4], "stride": [2, 2],
                "padding": [1, 1]}, {"type": "relu"},
               {"type": "maxpool2d", "kernel": [2, 2], "stride": [2, 2]}, {"type": "batchnorm2d"},
               {"type": "dropout", "rate": 0.25}, {"type": "flatten"},
               {"type": "dense", "units": 10}]})");
  ASSERT_TRUE(architecture) << architecture.error().message;
  EXPECT_EQ(architecture->layers.size(), 7U);
  EXPECT_EQ(architecture->layers[0], Layer(Conv2d{16, {4, 4}, {2, 2}, {1, 1}}));
  EXPECT_EQ(architecture->deviation, std::vector<float>{0.3081F});
}

TEST(ArchitectureJson, OneNumberStandsForBothSidesAndDefaultsArePyTorchs) {
  const auto architecture = read(R"({"layers": [
    {"type": "conv2d", "filters": 4, "kernel": 3}, {"type": "maxpool2d", "kernel": 2},
    {"type": "maxpool2d", "kernel": 3, "stride": 1}, {"type": "upsample2d", "scale": 2},
    {"type": "conv2d", "filters": 4, "kernel": 5, "stride": 2, "padding": 1},
    {"type": "avgpool2d", "kernel": 3}, {"type": "adaptive_avgpool2d", "size": 1}]})");
  ASSERT_TRUE(architecture) << architecture.error().message;
  EXPECT_EQ(architecture->layers,
            (std::vector<Layer>{Conv2d{4, {3, 3}, {1, 1}, {0, 0}}, MaxPool2d{{2, 2}, {2, 2}},
                                MaxPool2d{{3, 3}, {1, 1}}, Upsample2d{{2, 2}},
                                Conv2d{4, {5, 5}, {2, 2}, {1, 1}}, AvgPool2d{{3, 3}, {3, 3}},
                                AdaptiveAvgPool2d{{1, 1}}}));
  EXPECT_EQ(architecture->input, ImageShape{});
  EXPECT_TRUE(architecture->classes.empty());
}

TEST(ArchitectureJson, RefusesWhatIsNoArchitecture) {
  EXPECT_EQ(refusal(""), "the architecture is not a JSON object");
  EXPECT_EQ(refusal("{"), "the architecture is not a JSON object");
  EXPECT_EQ(refusal("[]"), "the architecture is not a JSON object");
  EXPECT_EQ(refusal("{}"), "the architecture needs a list of layers");
  EXPECT_EQ(refusal(R"({"layers": {}})"), "the architecture needs a list of layers");
  EXPECT_EQ(refusal(R"({"version": 2, "layers": []})"), "version is 2, expected 1");
  EXPECT_EQ(refusal(R"({"version": "1", "layers": []})"),
            "version is \"1\", expected a whole number");
  EXPECT_EQ(refusal(R"({"input": 28, "layers": []})"),
            "input is 28, expected height, width and channels");
  EXPECT_EQ(refusal(R"({"input": {"height": 28, "width": 28}, "layers": []})"),
            "input: channels is missing");
  EXPECT_EQ(refusal(R"({"input": {"height": -1, "width": 1, "channels": 1}, "layers": []})"),
            "input: height is -1, expected a whole number");
  EXPECT_EQ(refusal(R"({"classes": "0", "layers": []})"), "classes is \"0\", expected a list");
  EXPECT_EQ(refusal(R"({"classes": [0], "layers": []})"), "a class name is 0, expected a string");
  EXPECT_EQ(refusal(R"({"normalise": 1, "layers": []})"), "normalise is 1, expected mean and std");
  EXPECT_EQ(refusal(R"({"normalise": {"mean": [0]}, "layers": []})"), "normalise needs a list std");
  EXPECT_EQ(refusal(R"({"normalise": {"mean": ["0"], "std": [1]}, "layers": []})"),
            "mean is \"0\", expected numbers");
}

TEST(ArchitectureJson, NamesTheLayerThatIsWrong) {
  EXPECT_EQ(refusal_of_layer("7"), "layer 1: needs a type");
  EXPECT_EQ(refusal_of_layer(R"({"type": 7})"), "layer 1: needs a type");
  EXPECT_EQ(
      refusal_of_layer(R"({"type": "lstm"})"),
      "layer 1: type is \"lstm\", expected conv2d, batchnorm1d, batchnorm2d, relu, maxpool2d, "
      "dropout, flatten, dense, upsample2d, sigmoid, leaky_relu, tanh, gelu, silu, hardtanh, "
      "avgpool2d, adaptive_avgpool2d, clipped_relu, contrast_normalise or "
      "residual");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "kernel": 3})"), "layer 1: filters is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "filters": 3})"), "layer 1: kernel is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "filters": 3, "kernel": [3, 3, 3]})"),
            "layer 1: kernel is [3,3,3], expected [height, width]");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "filters": 3, "kernel": 1000000000})"),
            "layer 1: kernel is 1000000000, expected [height, width]");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "filters": 3, "kernel": [3, 2.5]})"),
            "layer 1: kernel is [3,2.5], expected [height, width]");
  EXPECT_EQ(refusal_of_layer(R"({"type": "conv2d", "filters": 1e30, "kernel": 3})"),
            "layer 1: filters is 1e30, expected a whole number");
  const auto refusal_of_conv = [](const std::string& keys) {
    return refusal_of_layer(R"({"type": "conv2d", "filters": 3, "kernel": 3, )" + keys + "}");
  };
  EXPECT_EQ(refusal_of_conv(R"("padding": "valid")"),
            "layer 1: padding is \"valid\", expected [height, width] or \"same\"");
  EXPECT_EQ(refusal_of_conv(R"("padding": null)"),
            "layer 1: padding is null, expected [height, width]");
  EXPECT_EQ(refusal_of_conv(R"("bias": 0)"), "layer 1: bias is 0, expected true or false");
  EXPECT_EQ(refusal_of_conv(R"("bias": "false")"),
            "layer 1: bias is \"false\", expected true or false");
  EXPECT_EQ(refusal_of_conv(R"("groups": -1)"), "layer 1: groups is -1, expected a whole number");
  EXPECT_EQ(refusal_of_conv(R"("dilation": "2")"),
            "layer 1: dilation is \"2\", expected [height, width]");
  EXPECT_EQ(refusal_of_layer(R"({"type": "dense", "units": 18446744073709551615})"),
            "layer 1: units is 18446744073709551615, expected a whole number");
  EXPECT_EQ(refusal_of_layer(R"({"type": "dense"})"), "layer 1: units is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "dropout"})"), "layer 1: rate is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "dropout", "rate": "0.5"})"),
            "layer 1: rate is \"0.5\", expected a number");
  EXPECT_EQ(refusal_of_layer(R"({"type": "upsample2d"})"), "layer 1: scale is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "clipped_relu", "ceiling": 6})"),
            "layer 1: ceiling is 6, expected layer, channel or neuron");
  EXPECT_EQ(refusal_of_layer(R"({"type": "clipped_relu", "ceiling": "pixel"})"),
            "layer 1: ceiling is \"pixel\", expected layer, channel or neuron");
  EXPECT_EQ(refusal_of_layer(R"({"type": "batchnorm2d", "affine": 0})"),
            "layer 1: affine is 0, expected true or false");
  EXPECT_EQ(refusal_of_layer(R"({"type": "batchnorm2d", "eps": "1e-5"})"),
            "layer 1: eps is \"1e-5\", expected a number");
}

TEST(ArchitectureJson, TakesOffASoftmaxAtTheEnd) {
  for (const std::string type : {"softmax", "log_softmax"}) {
    const auto architecture =
        read(R"({"layers": [{"type": "relu"}, {"type": ")" + type + R"("}]})");
    ASSERT_TRUE(architecture) << architecture.error().message;
    EXPECT_EQ(architecture->layers, std::vector<Layer>{Relu{}});
    EXPECT_EQ(architecture->removed, type);
    EXPECT_EQ(architecture_to_json(*architecture)["layers"].size(), 1U);
    EXPECT_EQ(refusal(R"({"layers": [{"type": ")" + type + R"("}, {"type": "relu"}]})"),
              "layer 0: " + type + " may only be the last layer, where it is taken off");
    EXPECT_EQ(refusal(R"({"layers": [{"type": ")" + type + R"("}, {"type": ")" + type + R"("}]})"),
              "layer 0: " + type + " may only be the last layer, where it is taken off");
    EXPECT_EQ(refusal_of_layer(R"({"type": ")" + type + R"(", "dim": 2})"),
              "layer 1: " + type + " has an unknown key 'dim'; known are type");
  }
  EXPECT_EQ(read(R"({"layers": [{"type": "relu"}]})")->removed, "");
}

// What a file asks for must be done or refused: each of these means something in PyTorch.
TEST(ArchitectureJson, RefusesUnknownKeysByName) {
  EXPECT_EQ(refusal_of_layer(R"({"type": "batchnorm2d", "momentum": 0.1})"),
            "layer 1: batchnorm2d has an unknown key 'momentum'; known are type, eps and affine");
  EXPECT_EQ(refusal_of_layer(R"({"type": "avgpool2d", "kernel": 2, "ceil_mode": true})"),
            "layer 1: avgpool2d has an unknown key 'ceil_mode'; known are type, kernel, stride, "
            "padding and count_include_pad");
  EXPECT_EQ(refusal_of_layer(R"({"type": "adaptive_avgpool2d"})"), "layer 1: size is missing");
  EXPECT_EQ(refusal_of_layer(R"({"type": "gelu", "approximate": "tanh"})"),
            "layer 1: gelu has an unknown key 'approximate'; known are type");
  EXPECT_EQ(refusal_of_layer(R"({"type": "leaky_relu", "negative_slope": 0.1})"),
            "layer 1: leaky_relu has an unknown key 'negative_slope'; known are type and slope");
  EXPECT_EQ(refusal_of_layer(
                R"({"type": "conv2d", "filters": 1, "kernel": 3, "padding_mode": "reflect"})"),
            "layer 1: conv2d has an unknown key 'padding_mode'; known are type, filters, kernel, "
            "stride, padding, dilation, groups and bias");
  EXPECT_EQ(refusal_of_layer(R"({"type": "maxpool2d", "kernel": 2, "ceil_mode": true})"),
            "layer 1: maxpool2d has an unknown key 'ceil_mode'; known are type, kernel and stride");
  EXPECT_EQ(refusal_of_layer(R"({"type": "dense", "units": 2, "Units": 2})"),
            "layer 1: dense has an unknown key 'Units'; known are type and units");
  EXPECT_EQ(refusal_of_layer(R"({"type": "relu", "": 0})"),
            "layer 1: relu has an unknown key ''; known are type");
  EXPECT_EQ(refusal(R"({"layers": [], "normalize": {"mean": [0], "std": [1]}})"),
            "the architecture has an unknown key 'normalize'; known are version, name, input, "
            "classes, normalise and layers");
  EXPECT_EQ(refusal(R"({"layers": [], "normalise": {"mean": [0], "std": [1], "eps": 1}})"),
            "normalise has an unknown key 'eps'; known are mean and std");
  EXPECT_EQ(refusal(R"({"layers": [], "input": {"height": 1, "width": 1, "channels": 1, "x": 1}})"),
            "input has an unknown key 'x'; known are height, width and channels");
}

// As nn.BatchNorm2d it would not run in PyTorch.
TEST(ArchitectureJson, ReadsBatchNormOfAFlatInputAsOneDimensional) {
  const auto architecture = read(R"({"layers": [
    {"type": "conv2d", "filters": 4, "kernel": 3}, {"type": "batchnorm2d"}, {"type": "flatten"},
    {"type": "batchnorm2d"}, {"type": "dense", "units": 5}, {"type": "relu"},
    {"type": "batchnorm2d"}, {"type": "batchnorm1d"}]})");
  ASSERT_TRUE(architecture) << architecture.error().message;
  EXPECT_EQ(architecture->layers,
            (std::vector<Layer>{Conv2d{4, {3, 3}, {1, 1}, {0, 0}}, BatchNorm2d{}, Flatten{},
                                BatchNorm1d{}, Dense{5}, Relu{}, BatchNorm1d{}, BatchNorm1d{}}));
}

TEST(ArchitectureJson, AFilesErrorsBeginWithItsName) {
  const auto error = [](std::string_view text) {
    const auto read = architecture_from_text(text, "net.json");
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(error(R"({"layers": [{"type": "flatten"}]})"), "");
  EXPECT_EQ(error("{\"layers\": [}"), "net.json is not JSON: line 1, column 13");
  EXPECT_EQ(error(R"([{"type": "flatten"}])"),
            "net.json is no object, expected one such as {\"layers\": [...]}");
  EXPECT_EQ(error(R"({"layers": 3})").find("net.json: "), 0U) << error(R"({"layers": 3})");
}

TEST(ParseJson, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(60)).is_array());
  EXPECT_TRUE(parse_json(nested(100)).is_discarded());
  EXPECT_TRUE(parse_json(nested(1000000)).is_discarded());
  EXPECT_TRUE(parse_json("\"" + nested(1000) + "\"").is_string()) << "brackets in a string";
  EXPECT_TRUE(parse_json(R"(["\"[[[[", "\\"])").is_array());
  EXPECT_TRUE(parse_json(std::string(1000000, '[')).is_discarded());
  EXPECT_EQ(refusal(R"({"layers": [], "version": )" + nested(100000) + "}"),
            "the architecture is not a JSON object");
}

}  // namespace
}  // namespace signflip
