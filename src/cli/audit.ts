import { Command } from 'commander';

export const auditCommand = (): Command => new Command('audit').description('check the journal');
