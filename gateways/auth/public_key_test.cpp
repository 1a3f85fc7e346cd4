// RSA and Ed25519: signatures of independent signers (testdata/signatures.txt, RFC 8032, the published FIX example),
// everything that is nearly one, and what is not taken for a public key (testdata/refused_*.pem).
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "gateways/auth/base64.h"
#include "gateways/auth/key_ring.h"
#include "gateways/auth/public_key_verifier.h"
#include "pkg/core/testing_table.h"

#ifndef AUTH_TESTDATA
#error "AUTH_TESTDATA names the folder of the test data"
#endif

namespace auth {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(AUTH_TESTDATA "/" + name);
  EXPECT_TRUE(in.is_open()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

KeyType type_of(std::string_view key_file) { return key_file.starts_with("rsa") ? KeyType::rsa : KeyType::ed25519; }

std::unique_ptr<Verifier> verifier_of(const std::string& pem, KeyType type) {
  Key key;
  key.type = type;
  key.secret = pem;
  auto made = make_verifier(key);
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  return made ? std::move(*made) : nullptr;
}

Verdict verify(const Verifier& verifier, std::string_view text, std::string_view signature) {
  const Verdict verdict = verifier.verify(std::span(&text, 1), signature);
  EXPECT_EQ(ERR_peek_error(), 0u) << "nothing is left in OpenSSL's queue of errors";
  return verdict;
}

struct Example {
  std::string key, what, text, signature;
};

std::vector<Example> examples() {
  std::vector<Example> out;
  for (const core::testing::Row& row : core::testing::read_rows(AUTH_TESTDATA "/signatures.txt", 4))
    out.push_back({row[0], row[1], row[2], row[3]});
  return out;
}

std::string encode_base64(std::span<const unsigned char> bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
  }
  return out;
}

std::vector<unsigned char> from_hex(std::string_view hex) {
  std::vector<unsigned char> out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<unsigned char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

std::string pem_of(std::string_view base64) {
  return "-----BEGIN PUBLIC KEY-----\n" + std::string(base64) + "\n-----END PUBLIC KEY-----\n";
}
// SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
std::string ed25519_pem(std::string_view point_hex) {
  return pem_of(encode_base64(from_hex("302a300506032b6570032100" + std::string(point_hex))));
}

TEST(Base64, RoundTripsAndTakesNoOtherText) {
  for (std::size_t size = 0; size <= 70; ++size) {
    std::vector<unsigned char> bytes(size), read(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i * 151 + size * 7 + 250);
    const std::string text = encode_base64(bytes);
    ASSERT_EQ(text.size(), base64_chars(size));
    ASSERT_TRUE(decode_base64(text, read)) << text;
    ASSERT_EQ(read, bytes);
    // A changed character is refused or means something else: a value has one text.
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = text;
        changed[i] = static_cast<char>(c);
        EXPECT_TRUE(changed == text || !decode_base64(changed, read) || read != bytes) << changed;
      }
    }
    for (const std::string& other : {text + "=", text + "A", text + "\n", " " + text, text + "===="})
      EXPECT_FALSE(decode_base64(other, read)) << other;
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      EXPECT_FALSE(decode_base64(text.substr(0, cut), read)) << text;
      EXPECT_FALSE(decode_base64(text.substr(text.size() - cut), read)) << text;
    }
  }
}

TEST(Base64, Edges) {
  std::array<unsigned char, 1> one{};
  std::array<unsigned char, 2> two{};
  EXPECT_TRUE(decode_base64("/w==", one));
  EXPECT_EQ(one[0], 0xFF);
  for (const std::string_view bad : {"/x==", "/w=", "/w", "/w=A", "=w==", "/===", "-w==", "_w==", "/w==\n", "w / ", ""})
    EXPECT_FALSE(decode_base64(bad, one)) << bad;
  EXPECT_TRUE(decode_base64("//8=", two));
  EXPECT_FALSE(decode_base64("//9=", two));
  EXPECT_EQ(base64_form(64), "^[A-Za-z0-9+/]{85}[AQgw]==$");
  EXPECT_EQ(base64_form(256), "^[A-Za-z0-9+/]{341}[AQgw]==$");
  EXPECT_EQ(base64_form(512), "^[A-Za-z0-9+/]{682}[AEIMQUYcgkosw048]=$");
  EXPECT_EQ(base64_form(384), "^[A-Za-z0-9+/]{512}$");
}

TEST(PublicKeyVerifier, SignaturesOfTheOpensslCommandLine) {
  const std::vector<Example> all = examples();
  ASSERT_EQ(all.size(), 16u);
  std::map<std::string, std::unique_ptr<Verifier>> verifiers;
  for (const Example& each : all) {
    if (!verifiers.contains(each.key)) verifiers[each.key] = verifier_of(file(each.key + ".pem"), type_of(each.key));
  }
  for (const Example& each : all) {
    const Verifier& verifier = *verifiers[each.key];
    EXPECT_EQ(verify(verifier, each.text, each.signature), Verdict::valid) << each.key << " " << each.what;
    EXPECT_EQ(verify(verifier, each.text + "0", each.signature), Verdict::wrong);
    EXPECT_EQ(verify(verifier, "", each.signature), Verdict::wrong);
    for (const Example& other : all) {
      if (other.key != each.key) {
        EXPECT_EQ(verify(verifier, other.text, other.signature), Verdict::malformed) << "of a key of another size";
      } else if (other.what != each.what) {
        EXPECT_EQ(verify(verifier, each.text, other.signature), Verdict::wrong) << "of another text";
      }
    }
  }
}

TEST(PublicKeyVerifier, TheTextMayComeInPieces) {
  for (const Example& each : examples()) {
    const auto verifier = verifier_of(file(each.key + ".pem"), type_of(each.key));
    const std::string_view text = each.text;
    for (std::size_t cut = 0; cut <= text.size(); cut += 17) {
      const std::array pieces = {text.substr(0, cut), std::string_view{}, text.substr(cut)};
      EXPECT_EQ(verifier->verify(pieces, each.signature), Verdict::valid) << each.key << " cut at " << cut;
      const std::array swapped = {text.substr(cut), text.substr(0, cut)};
      EXPECT_EQ(verifier->verify(swapped, each.signature), cut % text.size() ? Verdict::wrong : Verdict::valid) << cut;
    }
    EXPECT_EQ(verifier->verify({}, each.signature), Verdict::wrong);
    // A large text between does not disturb those after it.
    const std::string large(70'000, 'x');
    const std::array large_pieces = {std::string_view(large), text};
    EXPECT_EQ(verifier->verify(large_pieces, each.signature), Verdict::wrong);
    EXPECT_EQ(verify(*verifier, text, each.signature), Verdict::valid);
  }
}

TEST(PublicKeyVerifier, EveryChangedCharacterIsWrongOrMalformed) {
  for (const char* const name : {"rsa2048", "ed25519"}) {
    const auto verifier = verifier_of(file(std::string(name) + ".pem"), type_of(name));
    const std::vector<Example> all = examples();
    const Example& each = *std::ranges::find(all, name, &Example::key);
    for (std::size_t i = 0; i < each.signature.size(); ++i) {
      std::string changed = each.signature;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(verify(*verifier, each.text, changed), Verdict::valid) << name << " " << i;
      for (const char bad : {' ', '-', '\n', '%', '\0', '\xff'}) {
        changed[i] = bad;
        EXPECT_EQ(verify(*verifier, each.text, changed), Verdict::malformed) << name << " " << i;
      }
      EXPECT_EQ(verify(*verifier, each.text, each.signature.substr(0, i)), Verdict::malformed) << name << " " << i;
    }
    EXPECT_EQ(verify(*verifier, each.text, each.signature + "="), Verdict::malformed);
    EXPECT_EQ(verify(*verifier, each.text, std::string(each.signature.size(), 'A')), Verdict::malformed);
  }
}

TEST(Ed25519, ExamplesOfRfc8032) {
  struct Case {
    std::string_view key, message, signature;
  };
  constexpr std::array kCases = {
      Case{
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
          "be24655141438e7a100b"},
      Case{
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
          "2aeeb00d291612bb0c00"},
      Case{
          "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
          "d28dc027beceea1ec40a"},
  };
  for (const Case& each : kCases) {
    const auto verifier = verifier_of(ed25519_pem(each.key), KeyType::ed25519);
    const auto message = from_hex(each.message);
    const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
    EXPECT_EQ(verify(*verifier, text, encode_base64(from_hex(each.signature))), Verdict::valid) << each.key;
    // The same point with S + L for S is a second signature to those who do not check its range.
    auto second = from_hex(each.signature);
    const auto order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      carry += static_cast<unsigned>(second[32 + i]) + order[i];
      second[32 + i] = static_cast<unsigned char>(carry);
      carry >>= 8;
    }
    EXPECT_EQ(verify(*verifier, text, encode_base64(second)), Verdict::wrong) << each.key;
  }
}

// The only example of the published documentation with its (private) key: the logon of the FIX API. Its public key is
// what openssl pkey -pubout makes of it.
TEST(Ed25519, PublishedExampleOfTheFixLogon) {
  const auto verifier =
      verifier_of(pem_of("MCowBQYDK2VwAyEAGUIKv9dSpWXBViXp2m6vAIb8QMFJYBgyFEQsFJlqgA0="), KeyType::ed25519);
  EXPECT_EQ(verify(*verifier,
                   "A\x01"
                   "EXAMPLE\x01SPOT\x01"
                   "1\x01"
                   "20240627-11:17:25.223",
                   "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA=="),
            Verdict::valid);
}

// Signatures that are published without the key that made them: of the right form, and of nobody else.
TEST(PublicKeyVerifier, PublishedSignaturesWithoutTheirKeys) {
  const auto rsa = verifier_of(file("published_rsa.pem"), KeyType::rsa);
  const auto ed25519 =
      verifier_of(pem_of("MCowBQYDK2VwAyEAgmDRTtj2FA+wzJUIlAL9ly1eovjLBu7uXUFR+jFULmg="), KeyType::ed25519);
  const std::string_view text =
      "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2&timestamp=1668481559918&recvWindow="
      "5000";
  const std::string_view of_rsa =
      "HZ8HOjiJ1s/igS9JA+n7+7Ti/ihtkRF5BIWcPIEluJP6tlbFM/Bf44LfZka/iemtahZAZzcO9TnI5uaXh3++lrqtNonCwp6/245UFWkiW1elpgtV"
      "AmJPbogcAv6rSlokztAfWk296ZJXzRDYAtzGH0gq7CgSJKfH+XxaCmR0WcvlKjNQnp12/eKXJYO4tDap8UCBLuyxDnR7oJKLHQHJLP0r0EAVOOSI"
      "brFang/1WOq+Jaq4Efc4XpnTgnwlBbWTmhWDR1pvS9iVEzcSYLHT/fNnMRxFc7u+j3qI//5yuGuu14KR0MuQKKCSpViieD+fIti46sxPTsjSemoU"
      "Kp0oXA==";
  const std::string_view of_ed25519 =
      "EocljwPl29jDxWYaaRaOo4pJ9wEblFbklJvPugNscLLuKd5vHM2grWjn1z+rY0aJ7r/44enxHL6mOAJuJ1kqCg==";
  EXPECT_EQ(verify(*rsa, text, of_rsa), Verdict::wrong);
  EXPECT_EQ(verify(*rsa, text, of_ed25519), Verdict::malformed);
  EXPECT_EQ(verify(*ed25519, text, of_ed25519), Verdict::wrong);
  EXPECT_EQ(verify(*ed25519, text, of_rsa), Verdict::malformed);
  EXPECT_EQ(rsa->signature_form(), "^[A-Za-z0-9+/]{341}[AQgw]==$");
  EXPECT_EQ(ed25519->signature_form(), "^[A-Za-z0-9+/]{85}[AQgw]==$");
}

TEST(PublicKey, WhatIsRefusedAndWhatIsSaidOfIt) {
  const std::string rsa = file("rsa2048.pem"), ed25519 = file("ed25519.pem");
  const std::string private_key = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n";
  std::string cut = rsa, damaged = rsa;
  cut.erase(cut.size() / 2, 64);
  damaged[60] = '*';
  const auto refused = [](const char* name) { return file("refused_" + std::string(name) + ".pem"); };
  struct Case {
    const char* what;
    KeyType type;
    std::string pem;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases = {
      {"nothing", KeyType::rsa, "", {"no public key", "BEGIN PUBLIC KEY"}},
      {"noise", KeyType::ed25519, "\x01\x02\xff not a key", {"no public key", "BEGIN PUBLIC KEY"}},
      {"a private key", KeyType::ed25519, private_key, {"private key", "-pubout"}},
      {"an encrypted private key", KeyType::rsa, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", {"private key"}},
      {"an old private key", KeyType::rsa, "-----BEGIN RSA PRIVATE KEY-----\n", {"private key"}},
      {"a private key behind a public one", KeyType::rsa, rsa + private_key, {"private key"}},
      {"two keys", KeyType::rsa, rsa + ed25519, {"more than one"}},
      {"OpenSSH's", KeyType::ed25519, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL a@b\n", {"OpenSSH"}},
      {"a certificate", KeyType::ed25519, refused("certificate"), {"certificate", "openssl x509"}},
      {"the older form", KeyType::rsa, refused("rsa_pkcs1"), {"older form", "-RSAPublicKey_in"}},
      {"parameters", KeyType::rsa, "-----BEGIN EC PARAMETERS-----\n", {"\"EC PARAMETERS\""}},
      {"no end", KeyType::rsa, rsa.substr(0, rsa.size() - 10), {"damaged"}},
      {"only a beginning", KeyType::rsa, "-----BEGIN PUBLIC KEY-----\n", {"damaged"}},
      {"an empty block", KeyType::rsa, pem_of(""), {"damaged"}},
      {"a line lost", KeyType::rsa, cut, {"damaged"}},
      {"a character that is none", KeyType::rsa, damaged, {"damaged"}},
      {"something behind the key",
       KeyType::ed25519,
       pem_of(encode_base64(from_hex("302a300506032b6570032100"
                                     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00"))),
       {"damaged"}},
      {"too long", KeyType::rsa, std::string(kPemBytesMax, '\n') + rsa, {"at most 8192 bytes"}},
      {"Ed25519 for RSA", KeyType::rsa, ed25519, {"a key of Ed25519, not of RSA", "ed25519"}},
      {"RSA for Ed25519", KeyType::ed25519, rsa, {"a key of RSA, not of Ed25519", "rsa"}},
      {"RSA for PSS alone", KeyType::rsa, refused("rsa_pss"), {"a key of RSA-PSS"}},
      {"an elliptic curve", KeyType::rsa, refused("ec_p256"), {"a key of EC", "RSA and Ed25519"}},
      {"Ed448", KeyType::ed25519, refused("ed448"), {"a key of ED448"}},
      {"X25519", KeyType::ed25519, refused("x25519"), {"a key of X25519"}},
      {"RSA of 1024 bits", KeyType::rsa, refused("rsa1024"), {"has 1024 bits", "2048 to 4096"}},
      {"RSA of 4104 bits", KeyType::rsa, refused("rsa4104"), {"has 4104 bits", "2048 to 4096"}},
      {"exponent 1", KeyType::rsa, refused("rsa_exponent_1"), {"exponent", "65537"}},
      {"exponent 3", KeyType::rsa, refused("rsa_exponent_3"), {"exponent", "65537"}},
      {"an even exponent", KeyType::rsa, refused("rsa_exponent_even"), {"exponent"}},
      {"a large exponent", KeyType::rsa, refused("rsa_exponent_large"), {"exponent", "4294967295"}},
      {"a prime modulus", KeyType::rsa, refused("rsa_prime"), {"weak"}},
      {"a factor of 3", KeyType::rsa, refused("rsa_small_factor"), {"weak"}},
      {"the neutral point", KeyType::ed25519, ed25519_pem("01" + std::string(62, '0')), {"anybody"}},
      {"the neutral point, signed", KeyType::ed25519, ed25519_pem("01" + std::string(60, '0') + "80"), {"anybody"}},
      {"nothing but zeros", KeyType::ed25519, ed25519_pem(std::string(64, '0')), {"anybody"}},
      {"a point of order 8",
       KeyType::ed25519,
       ed25519_pem("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
       {"anybody"}},
  };
  for (const Case& each : cases) {
    const auto accepted = accept_public_key(each.type, each.pem);
    ASSERT_FALSE(accepted) << each.what;
    EXPECT_EQ(accepted.error().kind, core::ErrorKind::invalid_input) << each.what;
    for (const std::string& part : each.says)
      EXPECT_NE(accepted.error().text().find(part), std::string::npos) << each.what << ": " << accepted.error().text();
    EXPECT_EQ(ERR_peek_error(), 0u) << each.what;
  }
}

// Why such points are refused: OpenSSL takes a signature nobody had to make.
TEST(PublicKey, UnderAPointOfSmallOrderAnybodySigns) {
  const std::array<unsigned char, 32> point = {1};
  std::array<unsigned char, 64> signature = {1};
  const std::string_view message = "symbol=BTCUSDT&side=SELL";
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
  EXPECT_EQ(EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                             reinterpret_cast<const unsigned char*>(message.data()), message.size()),
            1);
}

TEST(PublicKey, HmacHasNone) {
  EXPECT_EQ(accept_public_key(KeyType::hmac, file("rsa2048.pem")).error().kind, core::ErrorKind::unsupported);
}

TEST(PublicKey, IsKeptWithoutWhatStoodAroundIt) {
  for (const char* const name : {"rsa2048", "rsa3072", "rsa4096", "ed25519"}) {
    const std::string pem = file(std::string(name) + ".pem");
    EXPECT_EQ(accept_public_key(type_of(name), pem).value_or(""), pem) << name;
    EXPECT_EQ(accept_public_key(type_of(name), "Alice's key\n\n" + pem + "\nsecret: none\n").value_or(""), pem) << name;
    std::string dos = pem;
    for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2) dos.replace(at, 1, "\r\n");
    EXPECT_EQ(accept_public_key(type_of(name), dos).value_or(""), pem) << name << " with the line ends of Windows";
  }
}

TEST(KeyRing, HoldsEveryKindOfKey) {
  KeyRing ring;
  for (const char* const name : {"rsa2048", "ed25519"}) {
    Key key;
    key.api_key = std::string(64, name[0]);
    key.account = core::AccountId{1000};
    key.type = type_of(name);
    key.secret = file(std::string(name) + ".pem");
    ASSERT_TRUE(ring.add(key));
    const std::vector<Example> all = examples();
    const Example& each = *std::ranges::find(all, name, &Example::key);
    EXPECT_EQ(verify(*ring.find(key.api_key)->verifier, each.text, each.signature), Verdict::valid);
  }
  Key wrong;
  wrong.api_key = std::string(64, 'w');
  wrong.type = KeyType::rsa;
  wrong.secret = file("ed25519.pem");
  EXPECT_EQ(ring.add(wrong).error().kind, core::ErrorKind::invalid_input);
}

}  // namespace
}  // namespace auth
