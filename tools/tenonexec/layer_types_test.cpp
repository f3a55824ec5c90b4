// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/layer_types.h"

#include <gtest/gtest.h>

#include "tenonexec/failure_test.h"

namespace tenonexec {
namespace {

std::string parsed(std::string_view text) {
  std::string result;
  for (const LayerTypes& entry : parse_layer_types("--layerOutputTypes", text, true)) {
    result += (result.empty() ? "" : " ") + entry.name + "=";
    for (const auto type : entry.types) result += std::string(to_text(type)) + ";";
  }
  return result;
}

TEST(LayerTypes, NamesAreQuotedOrNot) {
  EXPECT_EQ(parsed(R"("/model.24/m.0/Conv":fp16,/model.23/cv3/act/Mul:fp32,'odd, name':bf16)"),
            "/model.24/m.0/Conv=fp16; /model.23/cv3/act/Mul=fp32; odd, name=bf16;");
  EXPECT_EQ(parsed("a:0:fp16"), "a:0=fp16;");
  EXPECT_EQ(parsed("split:fp16+fp32"), "split=fp16;fp32;");
}

TEST(LayerTypes, WrongTextsAreNamed) {
  const auto failure = [](std::string_view text, bool several = false) {
    return failure_of([&] { parse_layer_types("--layerPrecisions", text, several); });
  };
  EXPECT_EQ(failure("conv"), "--layerPrecisions: 'conv' has no ':' after the layer's name; write name:fp16");
  EXPECT_EQ(failure(":fp16"), "--layerPrecisions: ':fp16' has no layer's name before the ':'");
  EXPECT_EQ(failure("conv:"), "--layerPrecisions: 'conv:' has no type behind the ':'");
  EXPECT_EQ(failure("a:fp16+fp32"), "--layerPrecisions: 'a:fp16+fp32' has 2 types; a layer has one precision");
  EXPECT_EQ(failure("'a:fp16"), "--layerPrecisions: a quote in ''a:fp16' is not closed");
  EXPECT_EQ(failure("a:half"),
            "--layerPrecisions: 'half' is no type; types are fp32, fp16, bf16, int32, int64, int8, uint8, bool");
  EXPECT_EQ(failure("a:fp16,"), "--layerPrecisions: '' has no ':' after the layer's name; write name:fp16");
}

TEST(LayerTypes, Globs) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("/model.*/m.?/Conv", "/model.24/m.0/Conv"));
  EXPECT_FALSE(matches_glob("/model.*/m.?/Conv", "/model.24/m.10/Conv"));
  EXPECT_TRUE(matches_glob("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(matches_glob("a*b*c", "a-b-b-c-"));
  EXPECT_FALSE(matches_glob("", "a"));
}

}  // namespace
}  // namespace tenonexec
