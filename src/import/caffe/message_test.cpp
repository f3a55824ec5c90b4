// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "import/caffe/net.h"

namespace tn::import::caffe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(std::string_view text) {
  try {
    read_text(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TextFormat, ReadsEveryFormOfValue) {
  const Message message = read_text(
      "name: \"a\\x41\\101\\n\" 'b' # the rest of a line\n"
      "dim: 1, dim: -0x10; dim: 010\n"
      "x: [1.5, -2e3f, inf, .5] flag: true pool: AVE\n"
      "child { a: 1 } child: < a: 2 b { c: 3 } >\n"
      "children: [{ a: 1 }, { a: 2 }] none: []");
  EXPECT_EQ(message.text("name"), "aAA\nb");
  EXPECT_THAT(message.integers("dim"), ElementsAre(1, -16, 8));
  EXPECT_THAT(message.numbers("x"), ElementsAre(1.5, -2000, std::numeric_limits<double>::infinity(), .5));
  EXPECT_TRUE(message.flag("flag", false));
  EXPECT_EQ(message.choice("pool", {"MAX", "AVE"}, 0), 1u);
  EXPECT_EQ(message.child("child").child("b").integer("c", 0), 3);
  EXPECT_EQ(message.children("children").size(), 2u);
  EXPECT_EQ(message.integer("absent", 7), 7);
}

TEST(TextFormat, SaysWhereItIsBroken) {
  EXPECT_THAT(error_of("a: 1\n  b { c: "), HasSubstr("line 2, column 10: a value is missing"));
  EXPECT_THAT(error_of("a {"), HasSubstr("the text ends inside a message"));
  EXPECT_THAT(error_of("a: 'x\n'"), HasSubstr("a text is not closed"));
  EXPECT_THAT(error_of("a 1"), HasSubstr("':' or '{' is missing"));
  EXPECT_THAT(error_of("a: 1 }"), HasSubstr("a field name is missing"));
  EXPECT_THAT(error_of("a: 1x"), HasSubstr("a number is malformed"));
  EXPECT_THAT(error_of("a: '\\q'"), HasSubstr("an escape is unknown"));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a{";
  EXPECT_THAT(error_of(deep), HasSubstr("nested too deep"));
}

TEST(Message, ChecksKindsOfValues) {
  const Message message = read_text("a: 1.5 b: 'x' c { } pool: MEDIAN");
  EXPECT_THROW(message.integer("a", 0), Error);
  EXPECT_THROW(message.number("b", 0), Error);
  EXPECT_THROW(message.text("c"), Error);
  EXPECT_THROW(message.child("a"), Error);
  EXPECT_THROW(message.choice("pool", {"MAX", "AVE"}, 0), Error);
}

std::string field(uint32_t number, uint32_t wire, std::string_view content) {
  std::string bytes;
  const auto varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
  };
  varint(number << 3 | wire);
  if (wire == 2) varint(content.size());
  return bytes + std::string(content);
}

std::string packed(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// A V2 layer "c" with one blob of two numbers.
std::string binary_net() {
  const std::string blob = field(7, 2, field(1, 2, "\x02")) + field(5, 2, packed({1.5, -2}));
  const std::string layer = field(1, 2, "c") + field(2, 2, "Convolution") + field(99, 0, "\x05") + field(7, 2, blob);
  return field(1, 2, "net") + field(100, 2, layer);
}

TEST(WireFormat, ReadsWhatTheSchemaKnows) {
  const std::string bytes = binary_net();
  const Message net = read_message(std::as_bytes(std::span(bytes)), kNetSchema);
  EXPECT_EQ(net.text("name"), "net");
  const Message& layer = net.child("layer");
  EXPECT_EQ(layer.text("type"), "Convolution");
  EXPECT_THAT(layer.child("blobs").floats("data"), ElementsAre(1.5f, -2.f));
  EXPECT_THAT(blob_dims(layer.child("blobs")), ElementsAre(2));
}

TEST(WireFormat, RefusesWhatIsCutOff) {
  const std::string bytes = binary_net();
  // Behind the name of the net, and between no other fields, a shorter file is whole.
  for (size_t size = 1; size < bytes.size(); ++size) {
    if (size == field(1, 2, "net").size()) continue;
    EXPECT_THROW(read_wire(std::as_bytes(std::span(bytes)).first(size), kNetSchema), Error) << size;
  }
}

TEST(WireFormat, EndsWithAnErrorWhereDamaged) {
  const std::string bytes = binary_net();
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x0a, 0x7f, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      try {
        read_net(read_wire(std::as_bytes(std::span(damaged)), kNetSchema));
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

std::vector<std::string> layers_of(std::string_view text) {
  std::vector<std::string> names;
  for (const Layer& layer : read_net(read_text(text)).layers) names.push_back(layer.name + ":" + layer.type);
  return names;
}

TEST(Net, BringsOldLayersToTodaysForm) {
  EXPECT_THAT(layers_of("input: 'data' input_dim: [1, 3, 4, 5]\n"
                        "layers { layer { name: 'p' type: 'padding' pad: 2 } bottom: 'data' top: 'p' }\n"
                        "layers { layer { name: 'c' type: 'conv' kernelsize: 3 } bottom: 'p' top: 'c' }"),
              ElementsAre("data:Input", "c:Convolution"));
  const Net net = read_net(
      read_text("layers { layer { name: 'p' type: 'padding' pad: 2 } bottom: 'data' top: 'p' }\n"
                "layers { layer { name: 'c' type: 'conv' kernelsize: 3 biasterm: false } bottom: 'p' top: 'c' }"));
  const Message& parameters = net.layers[0].parameters.child("convolution_param");
  EXPECT_EQ(net.layers[0].bottoms, std::vector<std::string>{"data"});
  EXPECT_EQ(parameters.integer("pad", 0), 2);
  EXPECT_EQ(parameters.integer("kernel_size", 0), 3);
  EXPECT_FALSE(parameters.flag("bias_term", true));
  EXPECT_THAT(layers_of("layers { name: 'a' type: INNER_PRODUCT } layers { name: 'b' type: 19 }"),
              ElementsAre("a:InnerProduct", "b:Sigmoid"));
}

TEST(Net, KeepsThePhaseTest) {
  EXPECT_THAT(layers_of("layer { name: 'a' type: 'Data' include { phase: TRAIN } }\n"
                        "layer { name: 'b' type: 'Data' include { phase: TEST } }\n"
                        "layer { name: 'c' type: 'ReLU' exclude { phase: TEST } }\n"
                        "layer { name: 'd' type: 'ReLU' include { stage: 'debug' } }\n"
                        "layer { name: 'e' type: 'ReLU' }"),
              ElementsAre("b:Data", "e:ReLU"));
}

}  // namespace
}  // namespace tn::import::caffe
