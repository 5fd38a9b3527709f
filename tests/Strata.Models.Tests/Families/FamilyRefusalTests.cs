using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What a family's configuration may ask for and Strata does not compute is refused in a sentence that names key and value.</summary>
public class FamilyRefusalTests
{
    private const string Llama = "'hidden_size':48,'num_hidden_layers':2,'num_attention_heads':4,'num_key_value_heads':4,'head_dim':12,'intermediate_size':30,'vocab_size':9,'max_position_embeddings':64";
    private const string NeoX = "'hidden_size':48,'num_hidden_layers':2,'num_attention_heads':4,'intermediate_size':30,'vocab_size':9";

    [Theory]
    [InlineData("llama", Llama + ",'hidden_act':'mish'", "hidden_act", "\"mish\"")]
    [InlineData("llama", Llama + ",'rope_scaling':{'rope_type':'spiral','factor':2}", "rope_scaling.rope_type", "\"spiral\"")]
    [InlineData("qwen2", Llama + ",'rope_scaling':{'type':'yarm','factor':2}", "rope_scaling.type", "yarn")]
    [InlineData("qwen2", Llama + ",'rope_scaling':{'type':'yarn','factor':2,'beta_fast':1,'beta_slow':2}", "beta_fast", "is 1")]
    [InlineData("qwen2", Llama + ",'rope_scaling':{'type':'dynamic','factor':0.5}", "rope_scaling.factor", "0.5")]
    [InlineData("qwen2", Llama + ",'use_sliding_window':true,'layer_types':['full_attention','chunked_attention']", "layer_types", "chunked_attention")]
    [InlineData("qwen2", Llama + ",'use_sliding_window':true,'layer_types':['full_attention']", "layer_types", "1 blocks")]
    [InlineData("mistral", Llama + ",'sliding_window':0", "sliding_window", "0")]
    [InlineData("phi3", Llama + ",'rope_scaling':{'type':'longrope','short_factor':[1,1],'long_factor':[1,1]}", "short_factor", "6 pairs")]
    [InlineData("phi3", Llama + ",'rope_scaling':{'type':'longrope','short_factor':[1,1,1,1,1,1],'long_factor':[1,1,1,1,1,-1]}", "long_factor", "above 0")]
    [InlineData("phi3", Llama + ",'rope_scaling':{'type':'linear','factor':2}", "rope_scaling", "linear")]
    [InlineData("stablelm", Llama + ",'partial_rotary_factor':1,'qk_layernorm':1", "qk_layernorm", "true or false")]
    [InlineData("stablelm", Llama + ",'partial_rotary_factor':1.5", "partial_rotary_factor", "1.5")]
    [InlineData("stablelm", Llama + ",'partial_rotary_factor':0.25", "3 columns", "pairs")]
    [InlineData("gemma2", Llama + ",'use_bidirectional_attention':true", "use_bidirectional_attention", "true")]
    [InlineData("gemma3_text", Llama + ",'final_logit_softcapping':-2", "final_logit_softcapping", "-2")]
    [InlineData("smollm3", Llama + ",'no_rope_layers':[1,2]", "no_rope_layers", "neither 0 nor 1")]
    [InlineData("smollm3", Llama + ",'no_rope_layers':[1]", "no_rope_layers", "1 blocks")]
    [InlineData("mixtral", Llama + ",'num_local_experts':4,'num_experts_per_tok':5", "num_experts_per_tok", "5")]
    [InlineData("olmoe", Llama + ",'num_hidden_layers':3,'num_experts':65536", "num_experts", "65536")]
    [InlineData("qwen2_moe", Llama + ",'use_sliding_window':true", "use_sliding_window", "true")]
    [InlineData("qwen2_moe", Llama + ",'num_key_value_heads':3", "num_key_value_heads 3", "4")]
    [InlineData("granite", Llama + ",'logits_scaling':0", "logits_scaling", "0")]
    [InlineData("gpt_neox", NeoX + ",'rotary_pct':0.3", "3 columns", "pairs")]
    [InlineData("gpt_neox", NeoX + ",'num_attention_heads':5", "hidden_size 48", "5 heads")]
    [InlineData("gptj", "'n_embd':48,'n_head':4,'n_layer':2,'vocab_size':9,'rotary_dim':null", "rotary_dim", "null")]
    [InlineData("gptj", "'n_embd':48,'n_head':4,'n_layer':2,'vocab_size':9", "64 columns", "width 12")]
    [InlineData("gpt_neo", "'hidden_size':48,'num_heads':4,'num_layers':2,'vocab_size':9,'attention_types':[[['global','sparse'],1]]", "attention_types", "sparse")]
    [InlineData("gpt_neo", "'hidden_size':48,'num_heads':4,'num_layers':2,'vocab_size':9,'attention_types':[[['global'],1]]", "attention_types", "1 blocks")]
    [InlineData("gpt_neo", "'hidden_size':48,'num_heads':4,'num_layers':2,'vocab_size':9,'attention_types':[[['global'],2000000000]]", "attention_types", "pairs")]
    [InlineData("bloom", "'hidden_size':48,'n_head':4,'n_layer':2,'vocab_size':9,'apply_residual_connection_post_layernorm':true", "apply_residual_connection_post_layernorm", "true")]
    [InlineData("falcon", NeoX + ",'new_decoder_architecture':true,'parallel_attn':false", "parallel_attn", "false")]
    [InlineData("falcon", NeoX + ",'new_decoder_architecture':true,'num_kv_heads':3", "num_kv_heads", "3")]
    [InlineData("falcon", NeoX + ",'num_ln_in_parallel_attn':2", "num_ln_in_parallel_attn", "2")]
    [InlineData("opt", NeoX + ",'ffn_dim':30,'activation_function':'maxout'", "activation_function", "maxout")]
    [InlineData("mamba", "'time_step_rank':'half'", "time_step_rank", "auto")]
    [InlineData("mamba", "'expand':0", "expand", "0")]
    [InlineData("mamba", "'hidden_act':'mish'", "hidden_act", "mish")]
    [InlineData("mamba2", "'num_heads':104", "num_heads", "6656 channels")]
    [InlineData("mamba2", "'n_groups':7", "n_groups", "128 heads")]
    [InlineData("mamba2", "'time_step_limit':[1,0.5]", "time_step_limit", "0.5")]
    [InlineData("mamba2", "'time_step_limit':[0,'much']", "time_step_limit", "infinity")]
    [InlineData("mamba2", "'state_size':65536", "8192 channels", "65536 states")]
    [InlineData("jamba", "'attn_layer_offset':8", "attn_layer_offset", "period 8")]
    [InlineData("jamba", "'sliding_window':64", "sliding_window", "given")]
    [InlineData("jamba", "'num_attention_heads':24", "hidden_size 4096", "24 heads")]
    [InlineData("nemotron_h", "'hybrid_override_pattern':'MEM*'", "hybrid_override_pattern", "experts")]
    [InlineData("nemotron_h", "'layers_block_type':['mamba','conv']", "layers_block_type", "conv")]
    [InlineData("nemotron_h", "'hidden_size':64", "layers_block_type", "missing")]
    [InlineData("mamba_ssm", "'d_model':64,'n_layer':2,'vocab_size':9,'ssm_cfg':{'layer':'Mamba3'}", "ssm_cfg.layer", "Mamba3")]
    [InlineData("mamba_ssm", "'d_model':64,'n_layer':2,'vocab_size':9,'ssm_cfg':{'layer':'Mamba2','headdim':48}", "ssm_cfg.headdim", "128 channels")]
    [InlineData("mamba_ssm", "'d_model':64,'n_layer':2,'vocab_size':9,'ssm_cfg':{},'attn_layer_idx':[1]", "attn_layer_idx", "attention")]
    public void NamesKeyAndValue(string family, string values, string key, string value)
    {
        JsonElement json = JsonDocument.Parse(Merge($"{{'model_type':'{family}',{values}}}".Replace('\'', '"'))).RootElement;
        ConfigReader config = new(json, "config.json");
        string message = Assert.Throws<InvalidFileException>(() => ModelFamily.Of(config).ReadSpec(config)).Message;
        Assert.Contains(key, message);
        Assert.Contains(value, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void EndlessNamesAreRefusedAtOnce()
    {
        string endless = new('q', 4 << 20);
        foreach (string values in new[] { $"'model_type':'{endless}'", $"'model_type':'llama',{Llama},'hidden_act':'{endless}'", $"'model_type':'llama',{Llama},'rope_scaling':{{'type':'{endless}'}}" })
        {
            ConfigReader config = new(JsonDocument.Parse($"{{{values}}}".Replace('\'', '"')).RootElement, "config.json");
            Assert.InRange(Assert.Throws<InvalidFileException>(() => ModelFamily.Of(config).ReadSpec(config)).Message.Length, 1, 400);
        }
    }

    [Fact]
    public void UnknownFamiliesNameTheNearest()
    {
        ConfigReader config = new(JsonDocument.Parse("{\"model_type\":\"qwen4\"}").RootElement, "config.json");
        Assert.Contains("qwen", Assert.Throws<InvalidFileException>(() => ModelFamily.Of(config)).Message);
    }

    /// <summary>The last of equal keys counts, as in the cases above.</summary>
    private static string Merge(string json)
    {
        Dictionary<string, JsonElement> properties = [];
        foreach (JsonProperty property in JsonDocument.Parse(json).RootElement.EnumerateObject()) properties[property.Name] = property.Value;
        return JsonSerializer.Serialize(properties);
    }
}
