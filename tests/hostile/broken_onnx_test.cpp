// SPDX-License-Identifier: Apache-2.0
// Thousands of models that break the rules of ONNX: one clear line about each, soon.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/os/file.h"
#include "hostile/broken_models.h"
#include "hostile/good_models.h"
#include "hostile/model_text.h"
#include "hostile/tally.h"

namespace tn::test {
namespace {

std::string within(std::string_view model, const std::string& what) {
  return fmt::format("{} in\n{}\n", what, model);
}

TEST(BrokenOnnx, UnbrokenModelsBuild) {
  for (const std::string_view text : good_models())
    EXPECT_EQ(error_of(onnx_model(parse_model(text).SerializeAsString())), "") << text;
}

TEST(BrokenOnnx, BrokenModelsAreRefused) {
  int count = 0;
  for (const Breaker& breaker : breakers()) {
    Tally tally;
    for (const std::string_view text : good_models()) {
      breaker.apply(parse_model(text), [&](const std::string& what, const onnx::ModelProto& model) {
        tally.refuse(within(text, what), onnx_model(model.SerializeAsString()));
      });
    }
    tally.print(breaker.name);
    count += tally.count();
  }
  std::cout << count << " broken models\n";
  EXPECT_GE(count, 2000);
}

TEST(BrokenOnnx, DistortedModelsAreRefusedOrBuilt) {
  for (const Breaker& distortion : distortions()) {
    Tally tally;
    for (const std::string_view text : good_models()) {
      distortion.apply(parse_model(text), [&](const std::string& what, const onnx::ModelProto& model) {
        tally.try_out(within(text, what), onnx_model(model.SerializeAsString()));
      });
    }
    tally.print(distortion.name);
    EXPECT_GT(tally.count(), 0);
  }
}

onnx::ModelProto nested(int depth, const char* condition) {
  onnx::ModelProto model =
      parse_model(fmt::format("inputs x:f32[2] c:bool[]\nd = Identity({})\ny = Relu(x)", condition));
  onnx::GraphProto* graph = model.mutable_graph();
  for (int i = 0; i < depth; ++i) {
    onnx::NodeProto& node = *graph->add_node();
    node.set_op_type("If");
    node.add_input(i == 0 ? "d" : "c");
    node.add_output(i == 0 ? "top" : graph->output(0).name());
    for (const char* name : {"else_branch", "then_branch"}) {
      auto& branch = *node.add_attribute();
      branch.set_name(name);
      branch.set_type(onnx::AttributeProto::GRAPH);
      graph = branch.mutable_g();
      graph->add_output()->set_name(fmt::format("{}{}", name, i));
      if (name[0] != 'e' && i + 1 < depth) continue;
      onnx::NodeProto& last = *graph->add_node();
      last.set_op_type("Neg");
      last.add_input("x");
      last.add_output(graph->output(0).name());
    }
  }
  model.mutable_graph()->mutable_output(0)->set_name("top");
  return model;
}

TEST(BrokenOnnx, DeepNestsAreRefusedOrBuilt) {
  Tally tally;
  for (const char* condition : {"c", "bool[]{1}"})
    for (const int depth : {1, 2, 8, 32, 64, 65, 100, 300, 700})
      tally.try_out(fmt::format("{} nested graphs", depth), onnx_model(nested(depth, condition).SerializeAsString()));
  tally.print("nests");
}

// A loop in a loop in a loop …, each `loop` having the next as `%`.
std::string nested_loops(std::string_view loop, int depth) {
  std::string body = "w = Neg(v)";
  for (int i = 0; i < depth; ++i) body = std::string(loop).replace(loop.find('%'), 1, body);
  return "inputs v:f32[2]\n" + body + "\nRelu(w)";
}

// Bodies that hand on an absent value, or one that gets another type, are read again for every iteration.
TEST(BrokenOnnx, LoopsThatUnrollWithoutEndAreRefused) {
  constexpr std::string_view kAbsent =
      "n, w = Loop(i64[]{1000}, -, -, v) body=<inputs i:i64[] c:bool[] o:f32[2] v:f32[2];%;d = Identity(c);outputs d o "
      "w;>";
  constexpr std::string_view kOther =
      "w = Loop(i64[]{1}, -, v) body=<inputs i:i64[] c:bool[] v:f32[2];%;d = Identity(c);x = Cast(w) to=11;outputs d "
      "x;>";
  const auto read = [](std::string_view loop, int depth) {
    return onnx_model(parse_model(nested_loops(loop, depth)).SerializeAsString());
  };
  Tally tally;
  for (const std::string_view loop : {kAbsent, kOther}) {
    EXPECT_EQ(error_of(read(loop, 1)), "");
    const std::string error = tally.try_out("40 loops", read(loop, 40));
    EXPECT_NE(error.find("bodies that become more than"), error.npos) << error;
  }
  tally.print("loops in loops");
}

// Each gets a name of its own, without all that are taken being tried.
TEST(BrokenOnnx, ThousandsOfNodesMayHaveOneName) {
  onnx::ModelProto model = parse_model("inputs x:f32[2]\ny = Relu(x)");
  constexpr int kCopies = 30000;
  for (int i = 0; i < kCopies; ++i) {
    onnx::NodeProto& node = *model.mutable_graph()->add_node();
    node = model.graph().node(0);
    node.set_output(0, fmt::format("y{}", i));
  }
  EXPECT_EQ(onnx_model(model.SerializeAsString())().order().size(), size_t{kCopies} + 1);
}

TEST(BrokenOnnx, TypesOfTypesAreRefused) {
  for (const int depth : {1, 20, 95, 400, 1000}) {
    onnx::ModelProto model = parse_model("Relu(f32[2])");
    onnx::TypeProto* type = model.mutable_graph()->mutable_input(0)->mutable_type();
    for (int i = 0; i < depth; ++i) {
      type = i % 2 == 0 ? type->mutable_sequence_type()->mutable_elem_type()
                        : type->mutable_optional_type()->mutable_elem_type();
    }
    Tally().refuse(fmt::format("a type {} deep", depth), onnx_model(model.SerializeAsString()));
  }
}

// Functions that call themselves, one another in a circle, and twice the one before: which means 2^60 nodes.
TEST(BrokenOnnx, FunctionsWithoutEndAreRefused) {
  const auto model = [](int count, const std::function<int(int)>& callee) {
    onnx::ModelProto result = parse_model("own.f0(f32[2])");
    auto* opset = result.add_opset_import();
    opset->set_domain("own");
    opset->set_version(1);
    for (int i = 0; i < count; ++i) {
      auto& function = *result.add_functions();
      function.set_name(fmt::format("f{}", i));
      function.set_domain("own");
      function.add_input("x");
      function.add_output("z");
      *function.add_opset_import() = *opset;
      for (int k = 0; k < 2; ++k) {
        onnx::NodeProto& node = *function.add_node();
        node.set_op_type(fmt::format("f{}", callee(i)));
        node.set_domain("own");
        node.add_input(k == 0 ? "x" : "y");
        node.add_output(k == 0 ? "y" : "z");
      }
    }
    return onnx_model(result.SerializeAsString());
  };
  Tally tally;
  tally.refuse("a function that calls itself", model(1, [](int) { return 0; }));
  tally.refuse("a circle of functions", model(5, [](int i) { return (i + 1) % 5; }));
  tally.refuse("a function that does not exist", model(3, [](int i) { return i + 1; }));
  tally.refuse("sixty functions", model(60, [](int i) { return i + 1; }));
  tally.print("functions");
}

class ExternalData : public testing::Test {
 protected:
  ExternalData() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(folder_ / "sub");
    for (const auto& file : {folder_ / "data.bin", folder_ / "sub" / "data.bin", root_ / "secret.bin"})
      write_file_atomically(file, std::string(64, 'x'));
    std::filesystem::create_symlink(root_ / "secret.bin", folder_ / "link_out");
    std::filesystem::create_symlink("../secret.bin", folder_ / "relative_link_out");
    std::filesystem::create_directory_symlink(root_, folder_ / "folder_out");
    std::filesystem::create_symlink("circle", folder_ / "circle");
    std::filesystem::create_symlink("nothing", folder_ / "dangling");
    std::filesystem::create_symlink("sub/data.bin", folder_ / "link_in");
    ::mkfifo((folder_ / "pipe").c_str(), 0600);
  }
  ~ExternalData() override { std::filesystem::remove_all(root_); }

  // A tensor of 24 bytes.
  Read model(const std::vector<std::pair<std::string, std::string>>& entries, bool attribute) const {
    return model(entries, attribute, folder_ / "model.onnx");
  }
  static Read model(const std::vector<std::pair<std::string, std::string>>& entries, bool attribute,
                    const std::filesystem::path& from) {
    onnx::ModelProto model =
        attribute ? parse_model("y = Constant()\nz = Neg(y)") : parse_model("Add(f32[2,3], f32[2,3]!)");
    onnx::TensorProto tensor;
    tensor.set_name("w");
    tensor.set_data_type(1);
    tensor.add_dims(2);
    tensor.add_dims(3);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : entries) {
      auto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    if (attribute) {
      auto& value = *model.mutable_graph()->mutable_node(0)->add_attribute();
      value.set_name("value");
      value.set_type(onnx::AttributeProto::TENSOR);
      *value.mutable_t() = tensor;
    } else {
      tensor.set_name(model.graph().initializer(0).name());
      *model.mutable_graph()->mutable_initializer(0) = tensor;
    }
    return onnx_model(model.SerializeAsString(), from);
  }

  const std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) / fmt::format("tenon_external_{}", ::getpid());
  const std::filesystem::path folder_ = root_ / "model";
};

TEST_F(ExternalData, InsideTheFolderIsRead) {
  for (const bool attribute : {false, true}) {
    for (const char* place : {"data.bin", "sub/data.bin", "./sub/../data.bin", "link_in"}) {
      EXPECT_EQ(error_of(model({{"location", place}}, attribute)), "") << place;
      EXPECT_EQ(error_of(model({{"location", place}, {"offset", "40"}, {"length", "24"}, {"new key", "?"}}, attribute)),
                "")
          << place;
    }
  }
}

// As stores of models do: files named by content, and a folder of links to them for each version of a model.
TEST_F(ExternalData, BesideWhatALinkedModelLeadsToIsRead) {
  const auto store = root_ / "store", links = root_ / "links";
  std::filesystem::create_directories(store / "sub");
  std::filesystem::create_directories(links);
  for (const auto& file : {store / "1a2b", store / "3c4d", store / "sub" / "data.bin"})
    write_file_atomically(file, std::string(24, 'x'));
  std::filesystem::create_symlink("../store/1a2b", links / "model.onnx");
  std::filesystem::create_symlink("../store/3c4d", links / "model.data");
  std::filesystem::create_symlink("../secret.bin", links / "link_out");
  std::filesystem::create_symlink("../secret.bin", store / "link_out_of_store");
  write_file_atomically(links / "no_link.onnx", "x");
  for (const bool attribute : {false, true}) {
    for (const char* place : {"model.data", "3c4d", "sub/data.bin"})
      EXPECT_EQ(error_of(model({{"location", place}}, attribute, links / "model.onnx")), "") << place;
    for (const char* place : {"link_out", "link_out_of_store", "../secret.bin", "../model/data.bin", "nothing"})
      Tally().refuse(place, model({{"location", place}}, attribute, links / "model.onnx"));
    // Only the link of the model itself opens the store.
    Tally().refuse("a link of a plain model", model({{"location", "model.data"}}, attribute, links / "no_link.onnx"));
  }
}

TEST_F(ExternalData, TricksAreRefused) {
  Tally tally;
  const std::string outside = (root_ / "secret.bin").string(), inside = (folder_ / "data.bin").string();
  for (const bool attribute : {false, true}) {
    for (const std::string& place : {outside,
                                     inside,
                                     std::string("../secret.bin"),
                                     std::string("sub/../../secret.bin"),
                                     std::string("../model/../secret.bin"),
                                     std::string("link_out"),
                                     std::string("relative_link_out"),
                                     std::string("folder_out/secret.bin"),
                                     std::string("sub/../folder_out/secret.bin"),
                                     std::string("circle"),
                                     std::string("circle/data.bin"),
                                     std::string("dangling"),
                                     std::string("pipe"),
                                     std::string("sub"),
                                     std::string("."),
                                     std::string(".."),
                                     std::string(""),
                                     std::string("/"),
                                     std::string("/dev/zero"),
                                     std::string("/proc/self/maps"),
                                     std::string("data.bin/"),
                                     std::string("data.bin/data.bin"),
                                     std::string("no such file"),
                                     std::string(5000, 'x'),
                                     std::string("data.bin\0.txt", 13),
                                     std::string("a\nb"),
                                     std::string("file:data.bin"),
                                     std::string("~/data.bin"),
                                     std::string("\xff\xfe")})
      tally.refuse(fmt::format("data at '{}'", place.substr(0, 60)), model({{"location", place}}, attribute));
    for (const char* offset : {"41", "64", "65", "-1", "-24", "1e1", "0x8", " 8", "8 ", "", "many", "4294967296",
                               "18446744073709551615", "18446744073709551592", "99999999999999999999"})
      tally.refuse(fmt::format("offset '{}'", offset),
                   model({{"location", "data.bin"}, {"offset", offset}}, attribute));
    for (const char* length : {"0", "23", "25", "64", "65", "-24", "24.0", "", "18446744073709551615", "much"})
      tally.refuse(fmt::format("length '{}'", length),
                   model({{"location", "data.bin"}, {"length", length}}, attribute));
    tally.refuse("no location", model({{"offset", "0"}}, attribute));
    tally.refuse("no folder", model({{"location", "data.bin"}}, attribute, {}));
  }
  tally.print("external data");
  EXPECT_GE(tally.count(), 100);
}

}  // namespace
}  // namespace tn::test
