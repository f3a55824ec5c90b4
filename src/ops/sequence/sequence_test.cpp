// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using import::Body;
using import::Sequence;
using import::Value;
using testing::ElementsAre;

// Imports one node.
class Imported {
 public:
  Imported(GraphBuilder& b, std::string_view op, const std::vector<Value>& inputs,
           const std::map<std::string, int64_t>& attributes = {}, import::BodySource* bodies = nullptr,
           size_t outputs = 1)
      : view_(b.graph) {
    view_.name = op;
    view_.bodies = bodies;
    view_.output_count = outputs;
    for (const auto& [name, value] : attributes) view_.attributes[name] = value;
    for (const Value& input : inputs) {
      const auto* tensor = std::get_if<TensorId>(&input);
      if (!tensor) view_.other_inputs[view_.inputs.size()] = input;
      view_.inputs.push_back(tensor ? *tensor : kNone);
    }
    tensors_ = find_onnx_importer("", op, 20)->import(view_);
  }
  TensorId tensor(size_t index = 0) const { return tensors_.at(index); }
  Sequence sequence(size_t index = 0) const { return std::get<Sequence>(view_.given.at(index)); }
  bool is_absent() const { return std::get<TensorId>(view_.given.at(0)) == kNone; }

 private:
  import::NodeView view_;
  std::vector<TensorId> tensors_;
};

TEST(Sequence, InsertsFindsAndErases) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {2}), y = b.input(DataType::F32, {3}), z = b.input(DataType::F32, {4});
  const auto at = [&](int64_t position) { return b.constant(tensor_of(DataType::I64, {}, {double(position)})); };
  const Sequence sequence = Imported(b, "SequenceConstruct", {x, y}).sequence();
  EXPECT_THAT(sequence, ElementsAre(x, y));
  EXPECT_THAT(Imported(b, "SequenceInsert", {sequence, z}).sequence(), ElementsAre(x, y, z));
  EXPECT_THAT(Imported(b, "SequenceInsert", {sequence, z, at(2)}).sequence(), ElementsAre(x, y, z));
  EXPECT_THAT(Imported(b, "SequenceInsert", {sequence, z, at(-1)}).sequence(), ElementsAre(x, z, y));
  EXPECT_THAT(Imported(b, "SequenceErase", {sequence, at(0)}).sequence(), ElementsAre(y));
  EXPECT_THAT(Imported(b, "SequenceErase", {sequence}).sequence(), ElementsAre(x));
  EXPECT_EQ(Imported(b, "SequenceAt", {sequence, at(-2)}).tensor(), x);
  EXPECT_TRUE(Imported(b, "SequenceEmpty", {}).sequence().empty());
  EXPECT_EQ(b.graph.tensor(Imported(b, "SequenceLength", {sequence}).tensor()).constant->integer(0), 2);
}

TEST(Sequence, SaysWhatItCannotDo) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {Dim::symbol("N")}), position = b.input(DataType::I64, {});
  const auto three = b.constant(tensor_of(DataType::I64, {}, {3}));
  EXPECT_THROW(Imported(b, "SequenceAt", {Sequence{x}, three}), Error);
  EXPECT_THROW(Imported(b, "SequenceAt", {Sequence{x}, position}), Error);
  EXPECT_THROW(Imported(b, "SequenceAt", {x, three}), Error);
  EXPECT_THROW(Imported(b, "SequenceErase", {Sequence{}}), Error);
  EXPECT_THROW(Imported(b, "SplitToSequence", {x}), Error);
  EXPECT_THROW(Imported(b, "ConcatFromSequence", {Sequence{}}), Error);
}

TEST(Sequence, SplitsAndJoins) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {5, 2});
  const auto types = [&](const Sequence& sequence) {
    std::vector<std::string> texts;
    for (const TensorId id : sequence) texts.push_back(b.type(id));
    return texts;
  };
  const TensorId two = b.constant(tensor_of(DataType::I64, {}, {2}));
  const Sequence parts = Imported(b, "SplitToSequence", {x, two}).sequence();
  EXPECT_THAT(types(parts), ElementsAre("f32[2,2]", "f32[2,2]", "f32[1,2]"));
  EXPECT_THAT(types(Imported(b, "SplitToSequence", {x, b.constant(ints({1, 4}))}).sequence()),
              ElementsAre("f32[1,2]", "f32[4,2]"));
  EXPECT_THAT(types(Imported(b, "SplitToSequence", {x}, {{"axis", 1}, {"keepdims", 0}}).sequence()),
              ElementsAre("f32[5]", "f32[5]"));
  EXPECT_EQ(b.type(Imported(b, "ConcatFromSequence", {parts}, {{"axis", 0}}).tensor()), "f32[5,2]");
  EXPECT_EQ(b.type(Imported(b, "ConcatFromSequence", {Sequence{x, x, x}}, {{"axis", -1}, {"new_axis", 1}}).tensor()),
            "f32[5,2,3]");
}

TEST(Optional, IsItsValueOrNothing) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {2});
  const auto has = [&](const Value& value) {
    return b.graph.tensor(Imported(b, "OptionalHasElement", {value}).tensor()).constant->integer(0) != 0;
  };
  EXPECT_TRUE(Imported(b, "Optional", {}).is_absent());
  EXPECT_EQ(Imported(b, "Optional", {x}).tensor(), x);
  EXPECT_EQ(Imported(b, "OptionalGetElement", {x}).tensor(), x);
  EXPECT_THROW(Imported(b, "OptionalGetElement", {kNone}), Error);
  EXPECT_TRUE(has(x));
  EXPECT_TRUE(has(Sequence{}));
  EXPECT_FALSE(has(kNone));
}

// Appends x to a sequence and stacks x; goes on if `condition` is kNone, else as that says.
class Appending final : public import::BodySource {
 public:
  Appending(TensorId x, TensorId condition) : x_(x), condition_(condition) {}
  Body import_body(std::string_view, std::span<const TensorType>) override {
    throw Error(ErrorCode::Internal, "read as a body");
  }
  std::vector<Value> import_inline(std::string_view, std::span<const Value> inputs) override {
    Sequence sequence = std::get<Sequence>(inputs[2]);
    sequence.push_back(x_);
    return {condition_ == kNone ? inputs[1] : condition_, sequence, x_};
  }

 private:
  TensorId x_, condition_;
};

TEST(Loop, OverSequencesIsUnrolled) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {2}), three = b.constant(tensor_of(DataType::I64, {}, {3}));
  Appending appending(x, kNone);
  const Imported loop(b, "Loop", {three, kNone, Sequence{}}, {}, &appending, 2);
  EXPECT_THAT(loop.sequence(0), ElementsAre(x, x, x));
  EXPECT_EQ(b.type(loop.tensor(1)), "f32[3,2]");

  Appending once(x, b.constant(tensor_of(DataType::Bool, {}, {0})));
  EXPECT_THAT(Imported(b, "Loop", {three, kNone, Sequence{}}, {}, &once, 2).sequence(0), ElementsAre(x));
  Appending unknown(x, b.input(DataType::Bool, {}));
  EXPECT_THROW(Imported(b, "Loop", {three, kNone, Sequence{}}, {}, &unknown, 2), Error);
  EXPECT_THROW(Imported(b, "Loop", {b.input(DataType::I64, {}), kNone, Sequence{}}, {}, &appending, 2), Error);
  EXPECT_THROW(Imported(b, "Loop", {kNone, kNone, Sequence{}}, {}, &appending, 2), Error);  // without an end
}

}  // namespace
}  // namespace tn::ops
