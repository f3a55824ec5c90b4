// SPDX-License-Identifier: Apache-2.0
// One engine, many shapes: what it computes at each of them, in any order, is what the definitions say.
#include <gtest/gtest.h>

#include <cmath>

#include "backends/cpu/device/kernel_table.h"
#include "base/require.h"
#include "dynamic/networks.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "passes/evaluate.h"
#include "support/compare.h"

namespace tn::test {
namespace {

ConstantPtr sample(DataType type, const Shape& shape, int seed) {
  return Constant::make(type, shape, [&](const TensorView& view) {
    for (int64_t i = 0; i < shape.elements(); ++i) {
      if (is_float(type))
        store_double(view, i, std::sin(1.7 * static_cast<double>(i + 10 * seed) + 0.3));
      else
        store_int64(view, i, (i * 31 + seed) % 50);
    }
  });
}

class Session {
 public:
  Session(const DynamicNetwork& network, int threads, Batch batch = Batch::Whole)
      : graph_(graph_of(network)),
        context_(build_dynamic(network, threads, false, batch), cpu::find_kernel, threads),
        lane_(threads) {}

  // Empty if the engine's results at these shapes agree with the definitions.
  std::string compare(const std::vector<Shape>& shapes) {
    std::vector<ConstantPtr> inputs;
    for (size_t i = 0; i < shapes.size(); ++i) {
      inputs.push_back(sample(graph_.tensor(graph_.inputs()[i]).type.type, shapes[i], static_cast<int>(i)));
      require(context_.set_input_shape(static_cast<int>(i), shapes[i]));
      require(context_.set_address(static_cast<int>(i), const_cast<std::byte*>(inputs.back()->bytes().data())));
    }
    const auto expected = passes::evaluate(graph_, inputs);
    std::vector<std::vector<std::byte>> memory;
    std::vector<TensorView> results;
    for (size_t i = 0; i < expected.size(); ++i) {
      const int binding = static_cast<int>(inputs.size() + i);
      Shape shape;
      require(context_.shape(binding, shape));
      memory.emplace_back(expected[i]->bytes().size() + 64);
      results.push_back(TensorView::dense(memory.back().data(), expected[i]->type(), shape));
      require(context_.set_address(binding, memory.back().data()));
    }
    require(context_.run(lane_));
    for (size_t i = 0; i < expected.size(); ++i) {
      const std::string text = difference(results[i], expected[i]->view(), tolerance_for(expected[i]->type()));
      if (!text.empty()) return fmt::format("output {} {}", i, text);
    }
    return "";
  }

 private:
  Graph graph_;
  Context context_;
  Lane lane_;
};

TEST(DynamicShapes, ConvolutionsOfAnySizeAndBatch) {
  for (const int threads : {1, 2}) {
    Session session(conv_network(), threads);
    for (const int64_t size : {33, 8, 9, 15, 16, 17, 31, 32}) {
      for (const int64_t batch : {9, 1, 2, 4, 7})
        EXPECT_EQ(session.compare({{batch, 8, size, size}}), "") << "batch " << batch << ", size " << size;
    }
  }
}

TEST(DynamicShapes, TransformerOfAnyLengthAndBatch) {
  for (const int threads : {1, 2}) {
    Session session(transformer(), threads);
    for (const int64_t length : {40, 1, 2, 7, 8, 15, 16, 17, 33}) {
      for (const int64_t batch : {5, 1, 2, 3})
        EXPECT_EQ(session.compare({{batch, length}, {batch, 1, 1, length}}), "")
            << "batch " << batch << ", length " << length;
    }
  }
}

// Batches smaller than the lane, with images left over, and of whole rounds.
TEST(DynamicShapes, ConvolutionsImageByImage) {
  for (const int threads : {1, 2, 3, 4}) {
    Session session(conv_network(), threads, Batch::ImageByImage);
    for (const int64_t size : {33, 8, 15, 32}) {
      for (const int64_t batch : {9, 1, 2, 4, 7})
        EXPECT_EQ(session.compare({{batch, 8, size, size}}), "") << "batch " << batch << ", size " << size;
    }
  }
}

TEST(DynamicShapes, TransformerImageByImage) {
  for (const int threads : {1, 2}) {
    Session session(transformer(), threads, Batch::ImageByImage);
    for (const int64_t length : {40, 1, 7, 16, 33}) {
      for (const int64_t batch : {5, 1, 2, 3})
        EXPECT_EQ(session.compare({{batch, length}, {batch, 1, 1, length}}), "")
            << "batch " << batch << ", length " << length;
    }
  }
}

// What the loop's steps hand on has the size of one image, however many there are.
TEST(DynamicShapes, ImagesTakeMemoryOnceForEveryThread) {
  const auto bytes = [](int64_t images, int threads, Batch batch) {
    DynamicNetwork network = conv_network();
    network.profile["x"] = {{1, 8, 8, 8}, {4, 8, 16, 16}, {images, 8, 33, 33}};
    return build_dynamic(network, threads, false, batch)->plan().profiles[0]->arena_bytes;
  };
  EXPECT_LT(bytes(9, 1, Batch::Whole), bytes(36, 1, Batch::Whole));
  EXPECT_EQ(bytes(9, 1, Batch::ImageByImage), bytes(36, 1, Batch::ImageByImage));
  EXPECT_LT(bytes(9, 1, Batch::ImageByImage), bytes(9, 2, Batch::ImageByImage));
}

TEST(DynamicShapes, WhatTheProfileDoesNotAdmitIsRefused) {
  Session session(transformer(), 1);
  EXPECT_THROW(session.compare({{6, 16}, {6, 1, 1, 16}}), Error);
  EXPECT_THROW(session.compare({{2, 16}, {2, 1, 1, 17}}), Error);
  EXPECT_EQ(session.compare({{2, 16}, {2, 1, 1, 16}}), "");
}

}  // namespace
}  // namespace tn::test
