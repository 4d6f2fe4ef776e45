// Bolt for JavaScript with an empty handler, on the sockets of the address that is given.
const { App, LogLevel } = require('@slack/bolt');

const slackApiUrl = process.argv[2];
const app = new App({
  token: 'xoxb-bench',
  appToken: 'xapp-1-bench',
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl },
  installerOptions: { clientOptions: { slackApiUrl } },
});
app.event('app_mention', async () => {});
app.start();
