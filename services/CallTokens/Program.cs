using CallTokens.Hosting;
using CallTokens.Settings;
using ServiceHost;

if (ServiceProgram.Settings(ServiceSettings.FromEnvironment) is not { } settings)
    return 1;
return await ServiceProgram.RunAsync(
    CallTokensApp.Build(settings), settings.Listen, "CALL_TOKENS_LISTEN", $"Tokens for calls at {settings.LiveKitUrl}, on {settings.Listen}");
